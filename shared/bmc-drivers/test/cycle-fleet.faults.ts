import { faultSeeds } from '@powerbus/testkit'
import { test } from 'tap'
import { type FleetEnd, runFleet, tallyOf } from './fleet.ts'

const COUNT = 1000
/** Of all machines over all seeds. */
const LEAST_KNOWN = 0.99
/** Of the machines of one fleet that were said not to be cycled. */
const MOST_FALSELY_NOT = COUNT / 1000

const columns = ['loss', 'seed', 'done', 'not', 'unknown', 'known', 'doubled', 'false', 'resent', 'seconds', 'median']

for (const resend of [false, true])
  test(`of 1,000 BMCs under loss 99 % of the cycles are known, with power/resend ${resend ? 'on' : 'off'}`, async (t) => {
    t.comment(columns.map((name) => name.padStart(8)).join(''))
    for (const lossRate of [0.05, 0.1]) {
      const all: FleetEnd[] = []
      for (const seed of faultSeeds({ first: 1, few: 2, all: 10 })) {
        const ends = await runFleet('powercycle', 'powerCycle', { count: COUNT, seed, lossRate, resend })
        all.push(...ends)
        const tally = tallyOf(ends)
        const { done, notAnswered, unknown, known, doubled, falselyDone, falselyNot, resent, seconds, median } = tally
        const wrong = falselyDone + falselyNot
        const row = [done, notAnswered, unknown, known, doubled, wrong, resent, seconds.toFixed(1), median.toFixed(1)]
        t.comment([`${lossRate * 100} %`, seed, ...row].map((cell) => `${cell}`.padStart(8)).join(''))
        t.same(tally.others, {}, 'no other error')
        t.equal(doubled, 0, 'doubled')
        t.equal(falselyDone, 0, 'said to be done, and not executed')
        t.ok(falselyNot <= MOST_FALSELY_NOT, `${falselyNot} said to be most likely not executed, and executed`)
        t.equal(resent > 0, resend, 'sent again only where that may be')
      }
      const share = tallyOf(all).known / all.length
      t.ok(share >= LEAST_KNOWN, `${(share * 100).toFixed(2)} % known at ${lossRate * 100} % loss`)
    }
  })
