import { test } from 'tap'
import { ChassisControl, chassisControl, getDeviceId } from '../../src/commands/index.ts'
import { nextSequence } from '../../src/session/next-sequence.ts'
import { bench, exchange, RawSession } from '../bmc/raw-console.ts'
import { memoryLab } from '../client/memory-lab.ts'

const HIGHEST = 0xffff_ffff
const nothing = new Uint8Array(0)

test('FFFFFFFFh is followed by 1, and nothing by 0', async (t) => {
  t.equal(nextSequence(0), 1)
  t.equal(nextSequence(HIGHEST - 1), HIGHEST)
  t.equal(nextSequence(HIGHEST), 1)
  t.equal(nextSequence(HIGHEST, 3), 3)
  t.equal(nextSequence(HIGHEST - 1, 3), 2)
  t.equal(nextSequence(0, 0), 1)
  t.equal(nextSequence(7, 0), 7)
})

/** 40 commands in one session with a BMC whose first answer has this number. */
async function commandsFrom(firstSequence: number, faults = {}) {
  const lab = memoryLab(faults, {}, 3)
  const { bmc, target } = await lab.addBmc({ faults: { firstSequence } })
  const connection = lab.client.open(target)
  let answered = 0
  const work = (async () => {
    for (let i = 0; i < 40; i++) {
      await connection.run((session) => session.send(getDeviceId))
      answered++
    }
  })()
  await lab.clock.pass(120_000)
  await work
  connection.close()
  return { answered, bmc, lab }
}

test('a client accepts every answer of a BMC whose numbers start anywhere, and across their wrap', async (t) => {
  for (const first of [1, 77, 0x8000_0000, HIGHEST - 20, HIGHEST]) {
    const { answered, bmc, lab } = await commandsFrom(first)
    t.equal(answered, 40, `from ${first}`)
    t.equal(bmc.counters.sessions, 1)
    t.equal(lab.client.counters.dropped.replayed, 0)
    t.equal(bmc.counters.commands, 40, 'no command was sent twice')
  }
})

test('across the wrap, answers that are repeated, late or lost open no second session', async (t) => {
  const { answered, bmc, lab } = await commandsFrom(HIGHEST - 20, { duplicateRate: 0.3, jitterMs: 3, lossRate: 0.05 })
  t.equal(answered, 40)
  t.equal(bmc.counters.sessions, 1)
  t.ok(lab.client.counters.dropped.replayed + lab.client.counters.dropped.unexpected > 5, 'repeats were dropped')
})

test('a BMC accepts numbers across the wrap once each, in any order within the window', async (t) => {
  const { bmc, machine } = bench()
  const session = new RawSession(bmc)
  session.sequence = HIGHEST - 20
  session.raw(6, 0x3b, Uint8Array.of(4))
  const cycle = (sequence: number) =>
    exchange(bmc, session.seal(0, 2, Uint8Array.of(ChassisControl.powerCycle), sequence)).length
  const order = [HIGHEST - 2, HIGHEST, 2, HIGHEST - 1, 1, 4, 3]
  for (const sequence of order) t.equal(cycle(sequence), 1, `${sequence}`)
  for (const sequence of order) t.equal(cycle(sequence), 0, `${sequence} again`)
  t.equal(cycle(HIGHEST - 19), 0, 'too far behind')
  t.equal(machine.orders.length, order.length)
})

test('a power cycle near the wrap is executed once, answered or not', async (t) => {
  for (const lose of ['request', 'answer'] as const) {
    for (let first = HIGHEST - 4; first <= HIGHEST; first++) {
      const lab = memoryLab()
      const rules = [{ message: 'Chassis Control', lose, times: 1 }]
      const { bmc, target, orders } = await lab.addBmc({ faults: { firstSequence: first, rules } })
      const cycle = lab.client
        .run(target, (session) => session.send(chassisControl, { control: ChassisControl.powerCycle }))
        .then(
          () => 'done',
          (error) => error.kind,
        )
      await lab.clock.pass(60_000)
      const outcome = await cycle
      const count = lose === 'request' ? 0 : 1
      t.equal(orders.length, count)
      t.equal(bmc.counters.executed.powerCycle, count)
      // Where the numbers wrapped they may prove nothing, but they never prove what is not so.
      const truths = lose === 'request' ? ['unknown-outcome', 'not-answered'] : ['unknown-outcome', 'done']
      t.ok(truths.includes(outcome), `first ${first}, lost ${lose}: ${outcome}`)
    }
  }
})

test("the BMC's answers near the wrap have the numbers of §6.12.8", async (t) => {
  const { bmc } = bench({ faults: { firstSequence: HIGHEST } })
  const session = new RawSession(bmc)
  const numbers = [1, 2, 3].map(() => {
    const [answer = nothing] = exchange(bmc, session.seal(6, 1, nothing))
    return Buffer.from(answer).readUInt32LE(10)
  })
  t.same(numbers, [HIGHEST, 1, 2])
})
