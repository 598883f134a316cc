import { test } from 'tap'
import { EventLog } from '../../src/in-process/event-log.ts'
import { eventWith } from '../fixtures/test-bus.ts'

const limits = { eventsMax: 10, ageMaxMs: 60_000, dedupeMs: 60_000, dedupeEventsMax: 5 }

test('a log that continues after a high number reads its own events only, and lets go of the oldest', async (t) => {
  const log = new EventLog(undefined, limits, (message) => t.fail(message))
  log.continueAfter(1e12)
  t.equal(log.lastSequence, 1e12)
  const expired: number[] = []
  for (let count = 1; count <= 12; count += 1) {
    await log.append({ event: eventWith(), text: '{}', requestId: undefined, only: undefined })
    log.trim(1e12 + 4, ({ sequence }) => expired.push(sequence - 1e12))
  }
  const left = [...log.after(0)].map(({ sequence }) => sequence - 1e12)
  t.same(left, [4, 5, 6, 7, 8, 9, 10, 11, 12], 'three were not needed any more')
  log.trim(1e12 + 20, () => t.fail('nothing that is needed goes'))
  t.same(
    [...log.after(1e12 + 9)].map(({ sequence }) => sequence - 1e12),
    [10, 11, 12],
  )
  t.same([...log.after(0)].length, 5, 'as many as guard against repeats stay')
  t.equal(log.at(1e12 + 12)?.sequence, 1e12 + 12)
  t.equal(log.at(1e12 + 1), undefined)
  t.same(expired, [])
})
