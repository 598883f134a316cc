import { test } from 'tap'
import { MalformedError } from '../../src/codec/malformed-error.ts'
import { cipherSuiteRecords } from '../../src/commands/cipher-suite-records.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

test('cipher suite records encode and decode', async (t) => {
  const data = bytes('c003014181c01103448 1'.replaceAll(' ', ''))
  const records = cipherSuiteRecords.decode(data)
  t.strictSame(records, [
    { id: 3, authentication: 1, integrity: [1], confidentiality: [1] },
    { id: 17, authentication: 3, integrity: [4], confidentiality: [1] },
  ])
  t.strictSame(cipherSuiteRecords.encode(records), data)
})

test('an OEM record keeps its enterprise number', async (t) => {
  const data = bytes('c180f21b00014181')
  t.strictSame(cipherSuiteRecords.decode(data), [
    { id: 0x80, oem: 7154, authentication: 1, integrity: [1], confidentiality: [1] },
  ])
  t.strictSame(cipherSuiteRecords.encode(cipherSuiteRecords.decode(data)), data)
})

test('a record with a wrong start byte or truncated is malformed', async (t) => {
  for (const text of ['03', '41c003', 'c0', 'c1800102']) {
    t.throws(() => cipherSuiteRecords.decode(bytes(text)), MalformedError, text)
  }
  t.strictSame(cipherSuiteRecords.decode(new Uint8Array(0)), [])
})
