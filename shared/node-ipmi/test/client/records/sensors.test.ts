import { test } from 'tap'
import { type ChassisSensor, SensorType, SensorUnit } from '../../../src/bmc/index.ts'
import { sensorRepository } from '../../../src/bmc/sensor-repository.ts'
import { knownSensors } from '../../../src/client/records/known-sensor.ts'
import { readSdrs } from '../../../src/client/records/read-sdr.ts'
import { readKnownSensors, readSensors } from '../../../src/client/records/read-sensors.ts'
import { compactSensorRecord, eventOnlyRecord, fullSensorRecord } from '../../../src/commands/sensor-record.ts'
import { roundTrip } from '../../round-trip.ts'
import { memoryLab } from '../memory-lab.ts'
import { type Script, scriptedSession, sdrScript } from './scripted-session.ts'

const sensors: readonly ChassisSensor[] = [
  {
    name: 'CPU Temp',
    type: SensorType.temperature,
    baseUnit: SensorUnit.celsius,
    step: 1,
    exponent: 0,
    upperNonCritical: 85,
    upperCritical: 95,
  },
  { name: 'Fan', type: SensorType.fan, baseUnit: SensorUnit.rpm, step: 40, exponent: 0, lowerCritical: 600 },
  { name: '12 V', type: SensorType.voltage, baseUnit: SensorUnit.volts, step: 6, exponent: -2 },
]

const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

test('sensor records encode what they decoded', async (t) => {
  roundTrip(t, 'full', fullSensorRecord)
  roundTrip(t, 'compact', compactSensorRecord)
  roundTrip(t, 'event only', eventOnlyRecord)
})

test('sensors of an emulated BMC are read with units, thresholds and status', async (t) => {
  const values: (number | undefined)[] = [90, 0, 12.06]
  const lab = memoryLab()
  const chassis = {
    isOn: () => true,
    control: () => 'accepted' as const,
    sensors,
    sensorValue: (at: number) => values[at],
  }
  const { target } = await lab.addBmc({ chassis })
  const read = () =>
    lab.clock.run(lab.client.run(target, async (session) => readSensors(session, await readKnownSensors(session))))
  t.strictSame(await read(), [
    {
      name: 'CPU Temp',
      type: 'temperature',
      unit: 'C',
      value: 90,
      status: 'warning',
      states: [],
      thresholds: { upperNonCritical: 85, upperCritical: 95 },
    },
    {
      name: 'Fan',
      type: 'fan',
      unit: 'RPM',
      value: 0,
      status: 'critical',
      states: [],
      thresholds: { lowerCritical: 600 },
    },
    { name: '12 V', type: 'voltage', unit: 'V', value: 12.06, status: 'ok', states: [], thresholds: {} },
  ])
  values[0] = 95
  values[1] = 4200
  values[2] = undefined
  t.match(await read(), [
    { status: 'critical' },
    { value: 4200, status: 'ok' },
    { value: undefined, status: 'unknown' },
  ])
})

const records = sensorRepository(sensors)

test('records are read whole, in parts of any size, and again after a cancelled reservation', async (t) => {
  for (const most of [255, 40, 16, 8, 5]) {
    const session = scriptedSession(sdrScript(records, most))
    t.strictSame(await readSdrs(session), records, `answers of at most ${most} bytes`)
  }
  const script = sdrScript(records, 16)
  let asked = 0
  const busy = scriptedSession({
    ...script,
    'Get SDR': (request) => (asked++ % 7 === 3 ? 0xc5 : asked % 11 === 5 ? 0xc0 : (script['Get SDR']?.(request) ?? 0)),
  })
  t.strictSame(await readSdrs(busy), records)
  t.ok(busy.sleptMs > 0, 'a busy BMC is given a moment')
})

test('a whole record that comes cut is read in parts', async (t) => {
  const script = sdrScript(records)
  const cut = (request: Uint8Array) => {
    const answer = script['Get SDR']?.(request) ?? 0
    return request[5] === 0xff && typeof answer !== 'number' ? answer.subarray(0, 20) : answer
  }
  t.strictSame(await readSdrs(scriptedSession({ ...script, 'Get SDR': cut })), records)
})

test('an empty repository has no sensors; one without an end, or that refuses, is an error', async (t) => {
  t.strictSame(await readSdrs(scriptedSession(sdrScript([]))), [])
  const circle = { 'Get SDR': () => Uint8Array.of(1, 0, ...(records[0] ?? [])) }
  t.match(await thrown(readSdrs(scriptedSession(circle))), { kind: 'invalid' })
  t.match(await thrown(readSdrs(scriptedSession({}))), { kind: 'completion', completionCode: 0xc1 })
  const noReservation = { ...sdrScript(records, 16), 'Reserve SDR Repository': () => Uint8Array.of(0xff, 0xff) }
  t.match(await thrown(readSdrs(scriptedSession(noReservation))), { completionCode: 0xc5 })
  t.match(await thrown(readSdrs(scriptedSession(sdrScript(records), 1000), 2000)), { kind: 'timeout' })
})

/** A full record of the CPU with some bytes changed; offsets as in §43.1, less 1. */
const changed = (changes: Readonly<Record<number, number>>) => {
  const record = Uint8Array.from(records[1] ?? [])
  for (const [at, byte] of Object.entries(changes)) record[Number(at)] = byte
  return record
}

const reading = (script: Script, record = changed({})) => {
  const session = scriptedSession(script)
  return readSensors(session, knownSensors(record)).then(([first]) => ({ first, sent: session.sent }))
}

test('a sensor that cannot be read now says so; others go on', async (t) => {
  const answering = (...data: number[]) => ({ 'Get Sensor Reading': () => Uint8Array.from(data) })
  const statuses = [
    [answering(42, 0x40, 0), 'ok'],
    [answering(42, 0x40), 'ok'],
    [answering(42, 0x60, 0), 'unknown'],
    [answering(42, 0x00, 0), 'unknown'],
    [answering(42, 0x40, 0x08), 'warning'],
    [answering(42, 0x40, 0x18), 'critical'],
    [{ 'Get Sensor Reading': () => 0xcb }, 'absent'],
    [{ 'Get Sensor Reading': () => 0xcd }, 'unknown'],
    [{}, 'unknown'],
  ] as const
  for (const [script, status] of statuses) t.equal((await reading(script)).first?.status, status)
  const foreign = await reading(answering(42, 0x40, 0), changed({ 5: 0x2c }))
  t.strictSame([foreign.first?.status, foreign.sent], ['unknown', []], 'a sensor of another controller is not asked')
  const otherLun = await reading(answering(42, 0x40, 0), changed({ 6: 1 }))
  t.strictSame([otherLun.first?.status, otherLun.sent], ['unknown', []])
})

test('a sensor that is not linear is asked for its factors at this reading', async (t) => {
  const script: Script = {
    'Get Sensor Reading': () => Uint8Array.of(10, 0x40, 0),
    'Get Sensor Reading Factors': ([, raw]) => (raw === 10 ? Uint8Array.of(11, 3, 0, 0, 0, 0, 0) : 0xcc),
  }
  const { first } = await reading(script, changed({ 23: 0x70 }))
  t.match(first, { value: 30, status: 'ok', thresholds: {} })
})

test('discrete sensors show their states in words, and how bad they are', async (t) => {
  const compact = (fields: object) =>
    compactSensorRecord.encode({
      ...compactSensorRecord.decode(new Uint8Array(compactSensorRecord.minLength)),
      type: 2,
      ownerAddress: 0x20,
      sensorNumber: 0x40,
      analogFormat: 3,
      name: Uint8Array.of(0xc3, ...Buffer.from('PSU')),
      ...fields,
    })
  const script: Script = {
    'Get Sensor Reading': ([number]) => Uint8Array.of(0, 0x40, number === 0x41 ? 0x0b : 0x01, 0),
  }
  const session = scriptedSession(script)
  const shared = knownSensors(
    compact({ sensorType: 8, eventType: 0x6f, shareCount: 2, nameModifier: 1, nameOffset: 0 }),
  )
  t.match(await readSensors(session, shared), [
    { name: 'PSUA', type: 'power supply', status: 'ok', states: ['present'] },
    { name: 'PSUB', status: 'critical', states: ['present', 'failed', 'input lost'] },
  ])
  const redundancy = knownSensors(compact({ sensorType: 9, eventType: 0x0b }))
  t.match(
    await readSensors(scriptedSession({ 'Get Sensor Reading': () => Uint8Array.of(0, 0x40, 0x04) }), redundancy),
    [{ name: 'PSU', status: 'warning', states: ['redundancy degraded'] }],
  )
  const oem = knownSensors(compact({ sensorType: 0xc1, eventType: 0x70, name: new Uint8Array(1) }))
  t.match(await readSensors(scriptedSession({ 'Get Sensor Reading': () => Uint8Array.of(0, 0x40, 0x02) }), oem), [
    { name: 'sensor 40h', type: 'OEM type c1h', states: ['OEM state 1'] },
  ])
})

test('records that are too short or of other types describe no sensor', async (t) => {
  for (let length = 5; length < 48; length++)
    t.strictSame(knownSensors(changed({}).subarray(0, length)), [], `${length}`)
  t.strictSame(knownSensors(changed({ 3: 0x12 })), [])
})
