import { FIRST_SDR, getSdr, NO_MORE_SDRS, WHOLE_SDR } from '../../commands/get-sdr.ts'
import { reserveSdrRepository } from '../../commands/reserve-sdr-repository.ts'
import { SDR_HEADER_LENGTH, sdrHeader } from '../../commands/sensor-record.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { IpmiError } from '../ipmi-error.ts'
import type { IpmiSession } from '../ipmi-session.ts'
import { completionCodeOf, patiently } from '../patiently.ts'
import { PartLength } from './part-length.ts'

/** Bytes of a part at first, and the fewest that are tried: BMCs have small buffers. §33.12. */
const FIRST_PART = 16
const SMALLEST_PART = 4
/** Reservations that others may cancel while one repository is read. §33.11. */
const MOST_RESERVATIONS = 8

/**
 * All records of the sensor data repository, as bytes with their headers, in its order. A record that the BMC cannot
 * give whole is read in parts. Throws IpmiError: `invalid` for records that go in a circle, `timeout` when fewer
 * than `keepMs` milliseconds of the run are left. §33.
 */
export async function readSdrs(session: IpmiSession, keepMs = 0): Promise<Uint8Array[]> {
  const reader = new SdrReader(session)
  const records: Uint8Array[] = []
  const read = new Set<number>()
  for (let id = FIRST_SDR; id !== NO_MORE_SDRS; ) {
    if (read.has(id)) throw invalid(session, `after the last record comes record ${id} again`)
    read.add(id)
    stopInTime(session, keepMs)
    const found = await reader.read(id)
    if (found === undefined) break
    records.push(found.data)
    id = found.nextRecordId
  }
  return records
}

/** Throws IpmiError `timeout` if fewer than `keepMs` milliseconds of the run are left. */
export function stopInTime(session: IpmiSession, keepMs: number): void {
  if (session.remainingMs() >= keepMs) return
  throw new IpmiError('timeout', session.address, 'reading record by record takes longer than there is time')
}

interface Part {
  readonly nextRecordId: number
  readonly data: Uint8Array
}

class SdrReader {
  readonly #session: IpmiSession
  #givesWhole = true
  readonly #partLength = new PartLength(FIRST_PART, SMALLEST_PART)
  #reservationId = 0
  #reservations = 0

  constructor(session: IpmiSession) {
    this.#session = session
  }

  /** One record, and the ID of the next one; undefined if there is none. */
  async read(recordId: number): Promise<Part | undefined> {
    try {
      return (this.#givesWhole ? await this.#whole(recordId) : undefined) ?? (await this.#inParts(recordId))
    } catch (error) {
      if (completionCodeOf(error) === CompletionCode.NotPresent && recordId === FIRST_SDR) return undefined
      throw error
    }
  }

  /** Undefined if the BMC does not give records whole: some refuse, some cut them. */
  async #whole(recordId: number): Promise<Part | undefined> {
    try {
      const part = await this.#ask(recordId, 0, WHOLE_SDR)
      if (part.data.length >= lengthOf(part.data)) return part
    } catch (error) {
      const code = completionCodeOf(error)
      if (code === undefined || code === CompletionCode.NotPresent) throw error
    }
    this.#givesWhole = false
    return undefined
  }

  /** The header says how long the record is. A reservation keeps it the same between two parts. */
  async #inParts(recordId: number): Promise<Part> {
    for (;;) {
      if (this.#reservationId === 0) await this.#reserve()
      try {
        return await this.#partByPart(recordId)
      } catch (error) {
        const isCancelled = completionCodeOf(error) === CompletionCode.InvalidReservation
        if (isCancelled && this.#reservations < MOST_RESERVATIONS) this.#reservationId = 0
        else if (!this.#partLength.shrinkAfter(error)) throw error
      }
    }
  }

  async #partByPart(recordId: number): Promise<Part> {
    const { data: header, nextRecordId } = await this.#ask(recordId, 0, SDR_HEADER_LENGTH)
    const record = new Uint8Array(lengthOf(header))
    record.set(header.subarray(0, SDR_HEADER_LENGTH))
    for (let at = SDR_HEADER_LENGTH; at < record.length; ) {
      const count = Math.min(this.#partLength.bytes, record.length - at)
      const { data } = await this.#ask(recordId, at, count)
      if (data.length === 0) throw invalid(this.#session, `record ${recordId} ends before its length`)
      record.set(data.subarray(0, count), at)
      at += Math.min(data.length, count)
    }
    return { nextRecordId, data: record }
  }

  #ask(recordId: number, offset: number, count: number): Promise<Part> {
    const reservationId = offset === 0 ? 0 : this.#reservationId
    return patiently(this.#session, () => this.#session.send(getSdr, { reservationId, recordId, offset, count }))
  }

  async #reserve(): Promise<void> {
    this.#reservations++
    this.#reservationId = (await patiently(this.#session, () => this.#session.send(reserveSdrRepository))).reservationId
  }
}

/** Length of a record with its header. */
function lengthOf(record: Uint8Array): number {
  return record.length < SDR_HEADER_LENGTH ? SDR_HEADER_LENGTH : SDR_HEADER_LENGTH + sdrHeader.decode(record).length
}

function invalid(session: IpmiSession, problem: string): IpmiError {
  return new IpmiError('invalid', session.address, `${getSdr.name}: ${problem}`)
}
