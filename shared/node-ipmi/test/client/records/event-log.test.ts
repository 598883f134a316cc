import { test } from 'tap'
import { SensorType, SensorUnit } from '../../../src/bmc/index.ts'
import { sensorRepository } from '../../../src/bmc/sensor-repository.ts'
import { clearEventLog, readSelRecords } from '../../../src/client/records/event-log.ts'
import { eventLogEntry } from '../../../src/client/records/event-log-entry.ts'
import { knownSensors } from '../../../src/client/records/known-sensor.ts'
import { selEventRecord } from '../../../src/commands/sel-record.ts'
import { type Script, scriptedSession } from './scripted-session.ts'

const cpu = {
  name: 'CPU Temp',
  type: SensorType.temperature,
  baseUnit: SensorUnit.celsius,
  step: 1,
  exponent: 0,
  upperCritical: 95,
}
const sensors = sensorRepository([cpu]).flatMap(knownSensors)

const record = (fields: object, recordId = 1) =>
  selEventRecord.encode({
    ...selEventRecord.decode(new Uint8Array(16)),
    recordId,
    recordType: 2,
    timestamp: 1_893_456_000,
    generatorAddress: 0x20,
    sensorType: 1,
    sensorNumber: 0x30,
    eventType: 1,
    ...fields,
  })

const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

test('an entry says which sensor, what happened, and how bad it is', async (t) => {
  const over = record({ offset: 9, data2Use: 1, data2: 97, data3Use: 1, data3: 95 })
  t.strictSame(eventLogEntry(over, sensors), {
    recordId: 1,
    atMs: Date.UTC(2030, 0, 1),
    sensor: 'CPU Temp',
    message: 'CPU Temp: above the upper critical threshold (97 C, threshold 95 C)',
    severity: 'critical',
    record: over,
  })
  const cases = [
    [{ offset: 9, deasserted: true }, 'CPU Temp: no longer above the upper critical threshold', 'ok'],
    [{ offset: 7 }, 'CPU Temp: above the upper non-critical threshold', 'warning'],
    [{ offset: 9, generatorAddress: 0x2c }, 'temperature sensor 30h: above the upper critical threshold', 'critical'],
    [
      { sensorType: 0x0c, eventType: 0x6f, offset: 1, sensorNumber: 0x40 },
      'memory sensor 40h: uncorrectable ECC error',
      'critical',
    ],
    [
      { sensorType: 0x10, eventType: 0x6f, offset: 2, sensorNumber: 0x10 },
      'event logging sensor 10h: log cleared',
      'ok',
    ],
    [{ sensorType: 8, eventType: 0x6f, offset: 14, sensorNumber: 3 }, 'power supply sensor 03h: state 14', 'ok'],
    [{ recordType: 3 }, 'record of reserved type 03h', undefined],
  ] as const
  for (const [fields, message, severity] of cases) {
    const entry = eventLogEntry(record(fields), sensors)
    t.strictSame([entry.message, entry.severity], [message, severity])
  }
})

test("a vendor's record shows its maker and bytes; times that are none are left out", async (t) => {
  const oem = Uint8Array.from([5, 0, 0xc1, 0x80, 0x43, 0x6d, 0x38, 0x57, 0x01, 0x00, 1, 2, 3, 4, 5, 6])
  t.match(eventLogEntry(oem), {
    recordId: 5,
    atMs: 946_684_800_000,
    message: 'record of type c1h of manufacturer 343: 010203040506',
  })
  const bare = Uint8Array.from([6, 0, 0xe0, ...Array.from({ length: 13 }, (_, index) => index)])
  t.strictSame(eventLogEntry(bare).atMs, undefined)
  t.equal(eventLogEntry(bare).message, "vendor's record of type e0h: 000102030405060708090a0b0c")
  for (const timestamp of [0xffff_ffff, 0, 0x2000_0000]) {
    t.equal(eventLogEntry(record({ timestamp })).atMs, undefined, `${timestamp}`)
  }
})

const log = (records: readonly Uint8Array[]): Script => ({
  'Get SEL Entry': (request) => {
    const id = new DataView(request.buffer).getUint16(2, true) || 1
    const found = records[id - 1]
    if (found === undefined) return 0xcb
    const next = id === records.length ? 0xffff : id + 1
    return Uint8Array.of(next & 0xff, next >> 8, ...found)
  },
})

test('a log is read to its end; a cleared one gives what was read, a circle and a cut record are errors', async (t) => {
  const records = [record({}, 1), record({ offset: 9 }, 2), record({ offset: 8 }, 3)]
  t.strictSame(await readSelRecords(scriptedSession(log(records))), records)
  t.strictSame(await readSelRecords(scriptedSession(log([]))), [])
  const clearedSoon: Script = {
    'Get SEL Entry': (request) => (request[2] === 3 ? 0xcb : (log(records)['Get SEL Entry']?.(request) ?? 0)),
  }
  t.equal((await readSelRecords(scriptedSession(clearedSoon))).length, 2)
  const circle: Script = { 'Get SEL Entry': () => Uint8Array.of(1, 0, ...record({})) }
  t.match(await thrown(readSelRecords(scriptedSession(circle))), { kind: 'invalid' })
  const cut: Script = { 'Get SEL Entry': () => Uint8Array.of(0xff, 0xff, 1, 2, 3) }
  t.match(await thrown(readSelRecords(scriptedSession(cut))), { kind: 'invalid' })
})

test('clearing waits for the end of the erasure, and reserves again if another party reserved', async (t) => {
  let looks = 0
  let reservations = 0
  const script: Script = {
    'Reserve SEL': () => Uint8Array.of(++reservations, 0),
    'Clear SEL': (request) => {
      if (request[0] === 1) return 0xc5
      t.equal(Buffer.from(request.subarray(2, 5)).toString(), 'CLR')
      return Uint8Array.of(request[5] === 0xaa ? 0 : Number(++looks === 3))
    },
  }
  const session = scriptedSession(script)
  await clearEventLog(session)
  t.strictSame([reservations, looks], [2, 3])
  t.ok(session.sleptMs > 0)
  const stolen = scriptedSession({ ...script, 'Clear SEL': () => 0xc5 })
  t.match(await thrown(clearEventLog(stolen)), { completionCode: 0xc5 })
  t.equal(stolen.sent.filter((name) => name === 'Reserve SEL').length, 5)
})
