import { test } from 'tap'
import { namesTag } from '../../src/server/entity-tag.ts'
import { preferredWaitMs } from '../../src/server/preferred-wait.ts'

test('a preferred wait is a duration of Go or a number of seconds, of at most ten minutes', async (t) => {
  const waits: [string | string[] | undefined, number][] = [
    ['wait=30s', 30_000],
    ['wait=1m30.5s', 90_500],
    ['wait=250ms', 250],
    ['wait=1h', 600_000],
    ['wait=.5s', 500],
    ['wait=10', 10_000],
    ['wait="2s"', 2_000],
    ['respond-async, Wait = 2s; x=1', 2_000],
    [['respond-async', 'wait=3s'], 3_000],
    ['wait=1000000h', 600_000],
    ['wait=-5s', 0],
    ['wait=5', 5_000],
    ['wait=5x', 0],
    ['wait=s', 0],
    ['wait=', 0],
    ['await=5s', 0],
    [undefined, 0],
    [`wait=${'1s'.repeat(1000)}`, 0],
  ]
  for (const [header, ms] of waits) t.equal(preferredWaitMs(header), ms, String(header).slice(0, 40))
})

test('If-None-Match may have several tags, weak ones, ones without quotes, or a star', async (t) => {
  for (const header of ['"a"', 'W/"a"', '"b", "a"', 'a', '*']) t.equal(namesTag(header, '"a"'), true, header)
  for (const header of ['"b"', '', '"a', undefined, 'W/"b"'])
    t.equal(namesTag(header, '"a"'), header === '"a', String(header))
})
