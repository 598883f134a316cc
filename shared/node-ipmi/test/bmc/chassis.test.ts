import { test } from 'tap'
import type { Chassis } from '../../src/bmc/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { bench, peer, RawSession } from './raw-console.ts'

/** A session with a BMC that has this chassis, and the list of its later answers. */
function slowBench(chassis: Chassis) {
  const errors: unknown[] = []
  const { bmc, clock } = bench({ chassis, onChassisError: (error) => errors.push(error) })
  const session = new RawSession(bmc)
  session.raw(6, 0x3b, Uint8Array.of(4))
  const late: Uint8Array[] = []
  const send = (netFn: number, command: number, data: number[] = []) =>
    bmc.receive(session.seal(netFn, command, Uint8Array.from(data)), peer, (answer) => late.push(answer))
  return {
    bmc,
    clock,
    session,
    late,
    errors,
    send,
    codes: () => late.map((answer) => session.open(answer).completionCode),
  }
}

test('the BMC answers when the promise of an asynchronous chassis settles', async (t) => {
  let settle: (outcome: 'accepted') => void = () => undefined
  const { send, clock, codes, bmc } = slowBench({
    isOn: async () => true,
    control: () =>
      new Promise((resolve) => {
        settle = resolve
      }),
  })
  send(0, 1)
  await clock.pass(1)
  t.same(codes(), [0])
  send(0, 2, [2])
  await clock.pass(5000)
  t.same(codes(), [0])
  t.equal(bmc.counters.executed.powerCycle, 0)
  settle('accepted')
  await clock.pass(1)
  t.same(codes(), [0, 0])
  t.equal(bmc.counters.executed.powerCycle, 1)
})

test('a silent chassis gives C3h, a failing one FFh, and onChassisError is called', async (t) => {
  const silent = slowBench({ isOn: () => new Promise<never>(() => undefined), control: () => 'accepted' })
  silent.send(0, 1)
  await silent.clock.pass(10_001)
  t.same(silent.codes(), [CompletionCode.Timeout])
  t.equal(silent.errors.length, 1)
  const broken = new Error('no such VM')
  for (const isOn of [
    () => Promise.reject(broken),
    () => {
      throw broken
    },
  ]) {
    const failing = slowBench({ isOn, control: () => 'accepted' })
    failing.send(0, 1)
    await failing.clock.pass(1)
    t.same(failing.codes(), [CompletionCode.Unspecified])
    t.same(failing.errors, [broken])
    t.equal(failing.bmc.counters.chassisErrors, 1)
  }
})

test('a restart forgets the commands that wait for the chassis', async (t) => {
  let settle: (isOn: boolean) => void = () => undefined
  const { bmc, send, late, clock } = slowBench({
    isOn: () =>
      new Promise((resolve) => {
        settle = resolve
      }),
    control: () => 'accepted',
  })
  send(0, 1)
  bmc.restart()
  settle(true)
  await clock.pass(1)
  t.same(late, [])
})

test('while 64 commands wait for the chassis, further commands get C0h', async (t) => {
  const { send, codes, clock } = slowBench({
    isOn: () => new Promise<never>(() => undefined),
    control: () => 'accepted',
  })
  for (let i = 0; i < 65; i++) send(0, 1)
  t.same(codes(), [CompletionCode.NodeBusy])
  await clock.pass(10_001)
  t.equal(codes().length, 65)
})

test('each refusal of the chassis has its completion code and is not counted as executed', async (t) => {
  for (const [outcome, code] of [
    ['notInPresentState', CompletionCode.NotInPresentState],
    ['notSupported', CompletionCode.InvalidDataField],
    ['busy', CompletionCode.NodeBusy],
  ] as const) {
    const { session, bmc } = slowBench({ isOn: () => true, control: () => outcome })
    t.equal(session.raw(0, 2, Uint8Array.of(0))?.completionCode, code)
    t.equal(bmc.counters.executed.powerDown, 0)
  }
})

test('the BMC answers with status, restart cause and power-on time of the chassis', async (t) => {
  const { session } = slowBench({
    isOn: () => true,
    control: () => 'accepted',
    status: () => ({ driveFault: true }),
    restartCause: () => ({ cause: 2, channel: 0 }),
    powerOnMinutes: () => 90.5,
  })
  t.equal((session.raw(0, 1)?.data[2] ?? 0) & 4, 4)
  t.same(Buffer.from(session.raw(0, 7)?.data ?? []), Buffer.of(2, 0))
  t.same(Buffer.from(session.raw(0, 15)?.data ?? []), Buffer.of(1, 90, 0, 0, 0))
})
