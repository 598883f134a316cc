import { MalformedError } from '../codec/malformed-error.ts'

/** One cipher suite of a channel. An OEM suite has an IANA enterprise number in `oem`. §22.15.1. */
export interface CipherSuiteRecord {
  readonly id: number
  readonly oem?: number
  readonly authentication: number
  readonly integrity: readonly number[]
  readonly confidentiality: readonly number[]
}

const STANDARD = 0xc0
const OEM = 0xc1

/** Tags in bits 7..6 of an algorithm's byte. §22.15.1, table 22-18. */
const Tag = { authentication: 0, integrity: 1, confidentiality: 2, start: 3 } as const

/**
 * Concatenated cipher suite records. Each has a start byte (C0h standard, C1h OEM), ID, 3 bytes of enterprise number if
 * OEM, 1 authentication algorithm, and any number of integrity and confidentiality algorithms. §22.15.1.
 */
export const cipherSuiteRecords = {
  encode(records: readonly CipherSuiteRecord[]): Uint8Array {
    return Uint8Array.from(
      records.flatMap(({ id, oem, authentication, integrity, confidentiality }) => [
        ...(oem === undefined ? [STANDARD, id] : [OEM, id, oem & 0xff, (oem >> 8) & 0xff, (oem >> 16) & 0xff]),
        authentication,
        ...integrity.map((algorithm) => (Tag.integrity << 6) | algorithm),
        ...confidentiality.map((algorithm) => (Tag.confidentiality << 6) | algorithm),
      ]),
    )
  },
  /** Throws MalformedError if a record does not start with C0h or C1h, or is truncated. */
  decode(data: Uint8Array): CipherSuiteRecord[] {
    const records: CipherSuiteRecord[] = []
    for (let at = 0; at < data.length; ) {
      const start = data[at]
      if (start !== STANDARD && start !== OEM) throw new MalformedError('not the start of a cipher suite record')
      const body = at + (start === OEM ? 5 : 2)
      if (body > data.length) throw new MalformedError('cipher suite record truncated')
      const algorithms: [number[], number[], number[]] = [[], [], []]
      let end = body
      for (; end < data.length; end++) {
        const byte = data[end] ?? 0
        const tag = byte >> 6
        if (tag === Tag.start) break
        algorithms[tag as 0 | 1 | 2].push(byte & 0x3f)
      }
      const [[authentication = 0], integrity, confidentiality] = algorithms
      const [id = 0, low = 0, middle = 0, high = 0] = data.subarray(at + 1, body)
      const oem = start === OEM ? { oem: low | (middle << 8) | (high << 16) } : {}
      records.push({ id, ...oem, authentication, integrity, confidentiality })
      at = end
    }
    return records
  },
}
