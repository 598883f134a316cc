import { test } from 'tap'
import { type Chassis, createBmc, seededRandom } from '../../src/bmc/index.ts'
import {
  addSelEntry,
  ChassisControl,
  type ChassisControlName,
  CLEAR_SEL_CONFIRMATION,
  ClearSelAction,
  chassisControl,
  clearSel,
  FIRST_SEL_ENTRY,
  getSelEntry,
  getSelInfo,
  getSelTime,
  LAST_SEL_ENTRY,
  NO_MORE_SEL_ENTRIES,
  reserveSel,
  selEventRecord,
  setSelTime,
  setSessionPrivilegeLevel,
  UNKNOWN_TIME,
  WHOLE_SEL_ENTRY,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { bench, RawSession } from './raw-console.ts'

/** An administrator's session, and short forms of the SEL commands. */
function selBench() {
  const lab = bench()
  const session = new RawSession(lab.bmc)
  session.send(setSessionPrivilegeLevel, { level: 4 })
  const answered = <T>(answer: T | number): T => {
    if (typeof answer === 'number') throw new Error(`completion code ${answer}`)
    return answer
  }
  const read = (recordId: number, part = {}) =>
    session.send(getSelEntry, { reservationId: 0, recordId, offset: 0, count: WHOLE_SEL_ENTRY, ...part })
  const reserve = () => answered(session.send(reserveSel, {})).reservationId
  const clear = (reservationId: number, part = {}) =>
    session.send(clearSel, {
      reservationId,
      confirmation: CLEAR_SEL_CONFIRMATION,
      action: ClearSelAction.initiate,
      ...part,
    })
  const add = (record = new Uint8Array(16).fill(2)) => session.send(addSelEntry, { record })
  const control = (verb: ChassisControlName) => session.send(chassisControl, { control: ChassisControl[verb] })
  const info = () => answered(session.send(getSelInfo, {}))
  /** The log, read as the tools read it. */
  const list = () => {
    const records = []
    for (let id = FIRST_SEL_ENTRY; id !== NO_MORE_SEL_ENTRIES; ) {
      const answer = read(id)
      if (answer === CompletionCode.NotPresent) break
      const { nextRecordId, data } = answered(answer)
      records.push(selEventRecord.decode(data))
      id = nextRecordId
    }
    return records
  }
  return { ...lab, session, read, reserve, clear, add, control, info, list }
}

test('an empty log has no entries and no times', async (t) => {
  const { info, read, list } = selBench()
  t.match(info(), { entries: 0, freeBytes: 512 * 16, lastAddition: UNKNOWN_TIME, lastErase: UNKNOWN_TIME })
  for (const id of [FIRST_SEL_ENTRY, 1, LAST_SEL_ENTRY]) t.equal(read(id), CompletionCode.NotPresent)
  t.same(list(), [])
})

test('each Chassis Control that has an effect is recorded, with its channel and user', async (t) => {
  const { control, list, clock, bmc } = selBench()
  await clock.pass(30_000)
  for (const verb of ['powerUp', 'powerCycle', 'hardReset', 'diagnosticInterrupt'] as const) control(verb)
  const operator = new RawSession(bmc, { username: 'op', password: 'operator', role: 0x13, consoleSessionId: 2 })
  operator.send(setSessionPrivilegeLevel, { level: 3 })
  operator.send(chassisControl, { control: ChassisControl.softShutdown })
  for (const verb of ['powerDown', 'powerCycle', 'powerUp', 'powerDown'] as const) control(verb)
  t.same(
    list().map(({ recordId, sensorType, offset, data3 }) => [recordId, sensorType, offset, data3]),
    [
      [1, 0x09, 1, 2],
      [2, 0x1d, 1, 2],
      [3, 0x13, 0, 2],
      [4, 0x20, 3, 3],
      [5, 0x1d, 0, 2],
      [6, 0x09, 0, 2],
    ],
    'power up of a system that is on, and what a system that is off refuses, leave no record',
  )
  t.match(list()[0], {
    recordType: 2,
    timestamp: 30,
    generatorAddress: 0x20,
    eventMessageVersion: 4,
    eventType: 0x6f,
    deasserted: false,
    data2Use: 2,
    data3Use: 2,
    data2: 1,
  })
})

test('a control that the chassis refuses, or that faults swallow, is not recorded', async (t) => {
  const refused = bench({ chassis: { isOn: () => true, control: () => 'busy' } satisfies Chassis })
  const ignored = bench({ faults: { ignorePowerControl: true } })
  for (const { bmc } of [refused, ignored]) {
    const session = new RawSession(bmc)
    session.send(setSessionPrivilegeLevel, { level: 4 })
    session.send(chassisControl, { control: ChassisControl.powerCycle })
    t.match(session.send(getSelInfo, {}), { entries: 0 })
  }
})

test('records are read by ID, and in parts only with the present reservation', async (t) => {
  const { add, read, reserve } = selBench()
  for (let id = 1; id <= 3; id++) t.same(add(), { recordId: id })
  t.match(read(2), { nextRecordId: 3 })
  t.match(read(LAST_SEL_ENTRY), { nextRecordId: NO_MORE_SEL_ENTRIES, data: Uint8Array.of(3, 0, 2) })
  t.equal(read(4), CompletionCode.NotPresent)
  const part = { offset: 2, count: 3 }
  t.equal(read(1, part), CompletionCode.InvalidReservation)
  const reservationId = reserve()
  t.same(read(1, { ...part, reservationId }), { nextRecordId: 2, data: Uint8Array.of(2, 0, 0) })
  t.equal(read(1, { offset: 17, count: 1, reservationId }), CompletionCode.ParameterOutOfRange)
  reserve()
  t.equal(read(1, { ...part, reservationId }), CompletionCode.InvalidReservation, 'another reservation cancels it')
})

test('a log is cleared only with its reservation, and the clearing is recorded', async (t) => {
  const { add, clear, reserve, list, info, clock } = selBench()
  await clock.pass(5000)
  add()
  t.equal(clear(0), CompletionCode.InvalidReservation)
  const stale = reserve()
  add()
  t.equal(clear(stale), CompletionCode.InvalidReservation, 'an added record cancels the reservation')
  const reservationId = reserve()
  t.equal(clear(reservationId, { confirmation: Buffer.from('RLC') }), CompletionCode.InvalidDataField)
  t.equal(clear(reservationId, { action: 1 }), CompletionCode.InvalidDataField)
  t.same(clear(reservationId, { action: ClearSelAction.status }), { progress: 1 })
  t.equal(info().entries, 2)
  t.same(clear(reservationId), { progress: 1 })
  t.match(list(), [{ recordId: 1, sensorType: 0x10, offset: 2 }])
  t.match(info(), { entries: 1, lastErase: 5, overflow: false })
})

test('a restart cancels the reservation and keeps the records', async (t) => {
  const { bmc, add, reserve } = selBench()
  add()
  const reservationId = reserve()
  bmc.restart()
  const again = new RawSession(bmc, { consoleSessionId: 2 })
  again.send(setSessionPrivilegeLevel, { level: 4 })
  const request = { reservationId, confirmation: CLEAR_SEL_CONFIRMATION, action: ClearSelAction.initiate }
  t.equal(again.send(clearSel, request), CompletionCode.InvalidReservation)
  t.match(again.send(getSelInfo, {}), { entries: 1 })
})

test('a full log keeps the oldest 512 records, drops new ones and says so', async (t) => {
  const { add, control, info, read, reserve, clear } = selBench()
  for (let id = 1; id <= 511; id++) add(Uint8Array.of(0, 0, 2, ...new Uint8Array(13).fill(id & 0xff)))
  control('powerCycle')
  t.match(info(), { entries: 512, freeBytes: 0, overflow: false })
  control('hardReset')
  t.equal(add(), CompletionCode.OutOfSpace)
  t.match(info(), { entries: 512, overflow: true })
  t.match(read(300), { data: Uint8Array.of(300 & 0xff, 1, 2) })
  t.match(read(512), { nextRecordId: NO_MORE_SEL_ENTRIES })
  clear(reserve())
  t.match(info(), { entries: 1, overflow: false })
})

test('records of types E0h to FFh keep the bytes of the timestamp', async (t) => {
  const { add, read } = selBench()
  add(new Uint8Array(16).fill(0xe0))
  t.match(read(1), { data: Uint8Array.of(1, 0, ...new Uint8Array(14).fill(0xe0)) })
})

test('the time of the log runs, and can be set', async (t) => {
  const { session, clock, add, list } = selBench()
  await clock.pass(7000)
  t.same(session.send(getSelTime, {}), { time: 7 })
  t.same(session.send(setSelTime, { time: 0xffff_fff0 }), {})
  await clock.pass(3000)
  t.same(session.send(getSelTime, {}), { time: 0xffff_fff3 })
  add()
  t.match(list(), [{ timestamp: 0xffff_fff3 }])
})

test('without a wall clock the time of the log counts from 0', async (t) => {
  const timer = { cancel: () => undefined }
  const bmc = createBmc({
    clock: { nowMs: () => 3000, after: () => timer, afterInput: () => timer },
    random: seededRandom(1),
    users: [{ name: 'admin', password: 'secret' }],
    chassis: { isOn: () => true, control: () => 'accepted' },
  })
  t.same(new RawSession(bmc).send(getSelTime, {}), { time: 3 })
})

test('a user reads the log, and only an operator changes it', async (t) => {
  const { bmc } = bench()
  const user = new RawSession(bmc)
  t.match(user.send(getSelInfo, {}), { entries: 0 })
  t.match(user.send(reserveSel, {}), { reservationId: 1 })
  const denied = CompletionCode.InsufficientPrivilege
  t.equal(user.send(setSelTime, { time: 0 }), denied)
  t.equal(user.send(addSelEntry, { record: new Uint8Array(16) }), denied)
  t.equal(user.send(clearSel, { reservationId: 1, confirmation: CLEAR_SEL_CONFIRMATION, action: 0xaa }), denied)
})
