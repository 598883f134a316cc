import { test } from 'tap'
import type { BmcFaults } from '../../src/bmc/index.ts'
import { IpmiError } from '../../src/client/ipmi-error.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { readPower } from '../../src/client/read-power.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { rawCommand } from '../../src/commands/raw-command.ts'
import { NetFn } from '../../src/spec/net-fn.ts'
import { type LabBmc, type MemoryLab, memoryLab } from './memory-lab.ts'

const { powerCycle, hardReset } = ChassisControl
type Rule = NonNullable<BmcFaults['rules']>[number]

/** A rule for the commands that must not be doubled. */
const once = (effect: Partial<Rule>): Rule => ({
  message: 'Chassis Control',
  when: ([control]) => control !== ChassisControl.powerUp,
  ...effect,
})

const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

interface Outcome {
  readonly kind: string
  readonly tookMs: number
  readonly lab: MemoryLab
  readonly machine: LabBmc
}

/** Reads the power state, sends the control, and says what came of it: `done`, or the kind of the error. */
async function outcomeOf(
  rules: readonly Rule[],
  control: number = powerCycle,
  prepare: (machine: LabBmc, lab: MemoryLab) => void = () => undefined,
  timeoutMs = 30_000,
): Promise<Outcome> {
  const lab = memoryLab()
  const machine = await lab.addBmc()
  machine.bmc.faults.rules = rules
  prepare(machine, lab)
  let sentMs = 0
  const work = async (session: IpmiSession) => {
    await readPower(session)
    sentMs = session.nowMs()
    await session.send(chassisControl, { control })
  }
  const kind = await lab.clock.run(
    lab.client.run(machine.target, work, { timeoutMs }).then(
      () => 'done',
      (error: unknown) => {
        if (!(error instanceof IpmiError)) throw error
        return error.kind
      },
    ),
  )
  return { kind, tookMs: lab.clock.nowMs() - sentMs, lab, machine }
}

test('an answered cycle costs no datagram more than the command, its level and the poll before it', async (t) => {
  const { kind, machine, lab } = await outcomeOf([])
  t.equal(kind, 'done')
  await lab.clock.run(lab.client.close())
  // Open Session, RAKP 1, RAKP 3, status, level, cycle, Close Session.
  t.equal(machine.bmc.counters.received, 7)
})

test('a cycle without a read before it polls once first, whose power state is the one before', async (t) => {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc()
  await lab.clock.run(lab.client.run(target, (session) => session.send(chassisControl, { control: powerCycle })))
  await lab.clock.run(lab.client.close())
  t.same(orders, ['powerCycle'])
  t.equal(bmc.counters.received, 7)
})

for (const control of [powerCycle, hardReset, ChassisControl.diagnosticInterrupt]) {
  test(`control ${control}: a lost answer is shown by the BMC's numbers, within a second`, async (t) => {
    const { kind, tookMs, machine } = await outcomeOf([once({ lose: 'answer' })], control)
    t.equal(kind, 'done')
    t.ok(tookMs < 1000, `${tookMs} ms`)
    t.equal(machine.orders.length, 1)
  })

  test(`control ${control}: a lost request is "not answered" after 10 s, and its session is closed`, async (t) => {
    const { kind, tookMs, machine } = await outcomeOf([once({ lose: 'request' })], control)
    t.equal(kind, 'not-answered')
    t.ok(tookMs >= 10_000 && tookMs < 11_000, `${tookMs} ms`)
    t.equal(machine.orders.length, 0)
    t.equal(machine.bmc.sessionCount, 0)
  })
}

test('an answer that comes late ends the wait, as late as 8 s', async (t) => {
  for (const answerAfterMs of [1000, 4000, 8000]) {
    const { kind, tookMs, machine } = await outcomeOf([once({ answerAfterMs })], hardReset)
    t.equal(kind, 'done')
    t.ok(tookMs >= answerAfterMs && tookMs < answerAfterMs + 100, `${tookMs} ms`)
    t.equal(machine.orders.length, 1)
  }
})

test('a refusal that comes late is a refusal', async (t) => {
  const { kind, tookMs } = await outcomeOf([once({ completionCode: 0xd5, answerAfterMs: 3000 })])
  t.equal(kind, 'completion')
  t.ok(tookMs >= 3000)
})

test('a command that is executed late is answered with what became of it, whatever the polls did meanwhile', async (t) => {
  const { kind, machine } = await outcomeOf([once({ executeAfterMs: 7000 })], hardReset)
  t.equal(kind, 'done')
  t.same(machine.orders, ['hardReset'])
})

test('a late answer that gets lost is shown by the numbers when it is sent', async (t) => {
  const { kind, tookMs } = await outcomeOf([once({ answerAfterMs: 6000, lose: 'answer' })], hardReset)
  t.equal(kind, 'done')
  t.ok(tookMs >= 6000 && tookMs < 7000, `${tookMs} ms`)
})

test('a command that is executed and never answered is not answered, unless the machine goes off', async (t) => {
  t.equal((await outcomeOf([once({ silent: true })], hardReset)).kind, 'not-answered')
  const goesOff = (machine: LabBmc, lab: MemoryLab) => {
    lab.clock.after(1500, () => {
      machine.on = false
    })
    lab.clock.after(2500, () => {
      machine.on = true
    })
  }
  const seen = await outcomeOf([once({ silent: true })], powerCycle, goesOff)
  t.equal(seen.kind, 'done')
  t.ok(seen.tookMs < 2000, `${seen.tookMs} ms`)
  t.equal((await outcomeOf([once({ silent: true })], hardReset, goesOff)).kind, 'not-answered', 'a reset has no off')
})

test('numbers that do not grow by one per answer are no evidence', async (t) => {
  for (const sequenceStep of [0, 2, 5]) {
    const odd: Rule = { message: ['Get Chassis Status', 'Set Session Privilege Level'], sequenceStep }
    for (const lose of ['request', 'answer'] as const) {
      const { kind, tookMs } = await outcomeOf([odd, once({ lose })], hardReset)
      // A repeated number is a replay: nothing that comes under it is read.
      t.match(kind, sequenceStep === 0 ? /timeout|unknown-outcome/ : /^unknown-outcome$/, `${sequenceStep} ${lose}`)
      t.ok(sequenceStep === 0 || tookMs <= 14_000, `${tookMs} ms`)
    }
  }
})

test('numbers may start anywhere; where they wrap they are no evidence', async (t) => {
  const starting = (firstSequence: number) => (machine: LabBmc) => {
    machine.bmc.faults.firstSequence = firstSequence
  }
  for (const first of [2, 77, 0x80000000, 0xfffffff0]) {
    t.equal((await outcomeOf([once({ lose: 'answer' })], hardReset, starting(first))).kind, 'done', `${first}`)
  }
  const wraps = await outcomeOf([once({ lose: 'request' })], hardReset, starting(0xfffffffd))
  t.equal(wraps.kind, 'unknown-outcome')
})

test('where the answer to the first poll is lost too, the level that it set shows it', async (t) => {
  const mark = (effect: Partial<Rule>): Rule => ({
    message: 'Set Session Privilege Level',
    when: ([level]) => level === 2,
    times: 1,
    ...effect,
  })
  for (const lose of ['request', 'answer'] as const) {
    const executed = await outcomeOf([once({ lose: 'answer' }), mark({ lose })], hardReset)
    t.equal(executed.kind, 'done', `the poll's ${lose}`)
    const lost = await outcomeOf([once({ lose: 'request' }), mark({ lose })], hardReset)
    t.equal(lost.kind, 'not-answered', `the poll's ${lose}`)
    t.equal(lost.machine.orders.length, 0)
  }
})

test('a first poll whose outcome cannot be read leaves the command unknown', async (t) => {
  const marks: Rule = { message: 'Set Session Privilege Level', when: ([level]) => level === 2, lose: 'answer' }
  const reads: Rule = { message: 'Set Session Privilege Level', when: ([level]) => level === 0, completionCode: 0xcc }
  for (const lose of ['request', 'answer'] as const) {
    const { kind } = await outcomeOf([once({ lose }), marks, reads], hardReset)
    t.equal(kind, lose === 'answer' ? 'done' : 'unknown-outcome', lose)
  }
})

test('without any answer the outcome is unknown after 5 s, and earlier at the deadline', async (t) => {
  const dead: Rule = { message: ['Get Chassis Status', 'Set Session Privilege Level'], silent: true }
  const dies = ({ bmc }: LabBmc) => {
    const when = () => {
      bmc.faults.rules = [dead]
      return true
    }
    bmc.faults.rules = [once({ lose: 'answer', when })]
  }
  const silent = await outcomeOf([], hardReset, dies)
  t.equal(silent.kind, 'unknown-outcome')
  t.ok(silent.tookMs <= 5300, `${silent.tookMs} ms`)
  const early = await outcomeOf([once({ lose: 'request' })], hardReset, undefined, 3000)
  t.equal(early.kind, 'unknown-outcome')
  t.ok(early.tookMs <= 3000, `${early.tookMs} ms`)
})

test('"not answered" needs the session closed: acknowledged, or silent while the BMC answers outside', async (t) => {
  const close = (effect: Partial<Rule>): Rule => ({ message: 'Close Session', ...effect })
  t.equal((await outcomeOf([once({ lose: 'request' }), close({ lose: 'answer' })])).kind, 'not-answered')
  t.equal((await outcomeOf([once({ lose: 'request' }), close({ lose: 'request' })])).kind, 'unknown-outcome')
  t.equal((await outcomeOf([once({ lose: 'request' }), close({ completionCode: 0xff })])).kind, 'unknown-outcome')
  const outside: Rule = { message: 'Get Channel Authentication Capabilities', silent: true }
  const deaf = await outcomeOf([once({ lose: 'request' }), close({ lose: 'answer' }), outside])
  t.equal(deaf.kind, 'unknown-outcome')
})

test('after "not answered" the same run opens a new session for its next command', async (t) => {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc({ faults: { rules: [once({ lose: 'request', times: 1 })] } })
  const control = (session: IpmiSession) => session.send(chassisControl, { control: hardReset })
  await lab.clock.run(
    lab.client.run(
      target,
      async (session) => {
        t.match(await thrown(control(session)), { kind: 'not-answered' })
        await control(session)
      },
      { timeoutMs: 60_000 },
    ),
  )
  t.same(orders, ['hardReset'])
  t.equal(bmc.counters.sessions, 2)
})

test('a BMC that does not answer the poll before is sent nothing: that is a time-out', async (t) => {
  const rules: Rule[] = [{ message: 'Get Chassis Status', silent: true }]
  const lab = memoryLab()
  const { target, orders } = await lab.addBmc({ faults: { rules } })
  const run = lab.client.run(target, (session) => session.send(chassisControl, { control: powerCycle }))
  t.match(await thrown(lab.clock.run(run)), { kind: 'timeout' })
  t.same(orders, [])
})

test('a raw command whose answer is lost is unknown, since its data is', async (t) => {
  const lab = memoryLab()
  const rules: Rule[] = [{ message: 'Get Device ID', lose: 'answer' }]
  const { target } = await lab.addBmc({ faults: { rules } })
  const raw = rawCommand(NetFn.App, 0x01)
  const failure = lab.client.run(target, (session) => session.send(raw, new Uint8Array(0)))
  const unknown = { kind: 'unknown-outcome', message: /answered, and the answer was lost/ }
  t.match(await thrown(lab.clock.run(failure)), unknown)
})

test('no datagram that carried the command is sent a second time, whatever is lost', async (t) => {
  for (const rules of [[once({ lose: 'request' })], [once({ lose: 'answer' })], [once({ silent: true })]]) {
    const { lab } = await outcomeOf(rules, hardReset)
    const sealed = lab.sent.filter(({ toPort, datagram }) => toPort === 623 && datagram[5] === 0xc0)
    const distinct = new Set(sealed.map(({ datagram }) => Buffer.from(datagram).toString('hex')))
    t.equal(distinct.size, sealed.length)
  }
})
