import type { PowerVerb } from '@powerbus/plugin-sdk'
import type { ChassisControlName } from 'node-ipmi/bmc'
import { type Test, test } from 'tap'
import { type FleetOptions, runFleet, tallyOf } from './fleet.ts'

const base = { count: 40, seed: 3, lossRate: 0.1 }
const CYCLE = { message: 'Chassis Control', when: ([control]: Uint8Array) => control === 2 } as const

/** Cycles BMCs with a habit; no claim about one is wrong, and none is cycled twice. */
async function cycles(t: Test, options: Partial<FleetOptions> = {}) {
  const ends = await runFleet('powercycle', 'powerCycle', { ...base, ...options })
  const tally = tallyOf(ends)
  t.match(tally, { others: {}, doubled: 0, falselyDone: 0, falselyNot: 0 })
  return tally
}

test('a BMC whose numbers do not grow by one per answer gives no evidence, and no claim is made of it', async (t) => {
  // A power state that shows the cycle is evidence of another kind.
  const tally = await cycles(t, { faults: () => ({ rules: [{ sequenceStep: 2 }] }), offMs: 0, resend: true })
  t.match(tally, { notAnswered: 0, resent: 0 })
  t.ok(tally.unknown > 0 && tally.done > 0, JSON.stringify(tally))
})

test('numbers that begin anywhere are evidence', async (t) => {
  const tally = await cycles(t, { faults: (n) => ({ firstSequence: 1 + n * 1000 }), offMs: 0 })
  t.ok(tally.notAnswered > 0 && tally.known >= base.count - 2, JSON.stringify(tally))
})

test('numbers that wrap prove nothing wrong', async (t) => {
  const tally = await cycles(t, { faults: () => ({ firstSequence: 2 ** 32 - 20 }), offMs: 0, resend: true })
  t.ok(tally.done >= base.count / 2, JSON.stringify(tally))
})

for (const [name, options] of [
  ['answers a cycle after 8 s', { faults: () => ({ rules: [{ ...CYCLE, answerAfterMs: 8000 }] }) }],
  ['executes a cycle after 8 s, and answers then', { controlMs: 8000 }],
] as const)
  test(`a BMC that ${name} is waited for, and not cycled twice`, async (t) => {
    const tally = await cycles(t, { ...options, offMs: 0, lossRate: 0.05, resend: true })
    t.ok(tally.done > base.count * 0.85, JSON.stringify(tally))
  })

test('a BMC that executes a cycle and never answers it is found out by the machine going off', async (t) => {
  const tally = await cycles(t, { faults: () => ({ rules: [{ ...CYCLE, silent: true }] }), lossRate: 0, resend: true })
  t.match(tally, { done: base.count, resent: 0 })
})

test('of a BMC that never answers a cycle that it executes unseen the claim is wrong, and power/resend cycles it twice', async (t) => {
  for (const resend of [false, true]) {
    const faults = () => ({ rules: [{ ...CYCLE, silent: true }] })
    const ends = await runFleet('powercycle', 'powerCycle', {
      ...base,
      lossRate: 0,
      count: 3,
      offMs: 0,
      faults,
      resend,
    })
    t.match(tallyOf(ends), { notAnswered: 3, falselyNot: 3, doubled: resend ? 3 : 0 })
  }
})

test('a cycle that was refused is not verified where the refusal is lost, and an error where it is not', async (t) => {
  const options = { ...base, count: 20, lossRate: 0, refuses: true, resend: true }
  const faults = () => ({ rules: [{ ...CYCLE, lose: 'answer' as const }] })
  for (const { result, executed } of await runFleet('powercycle', 'powerCycle', { ...options, faults })) {
    t.equal(executed, 0)
    t.match(result, { Power: 'on', Verified: false, Attempts: 1 })
  }
  t.match(tallyOf(await runFleet('powercycle', 'powerCycle', options)), { others: { IPMI_COMPLETION: 20 } })
})

for (const [verb, operation] of [
  ['powerreset', 'hardReset'],
  ['powerdiag', 'diagnosticInterrupt'],
  ['powershutdown', 'softShutdown'],
] as const satisfies readonly (readonly [PowerVerb, ChassisControlName])[])
  test(`${verb} under 10 % loss is done, most likely not executed or unknown, and truly so`, async (t) => {
    for (const resend of [false, true]) {
      const tally = tallyOf(await runFleet(verb, operation, { ...base, count: 60, resend }))
      t.match(tally, { others: {}, doubled: 0, falselyDone: 0, falselyNot: 0 })
      t.ok(tally.known >= 57, JSON.stringify(tally))
      t.equal(tally.resent > 0, resend)
    }
  })
