import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { LongPolls, type Poll } from '../../src/server/long-polls.ts'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'

const silent = { subscribe: () => () => undefined }

function poll(caller: string, gone = new AbortController().signal): Poll {
  return { caller, timeoutMs: 600_000, gone, concerns: () => false, isOver: () => false }
}

test('each caller may have so many waits, and all callers together', async (t) => {
  const polls = new LongPolls(silent, { altogether: 3, perCaller: 2 })
  const leaving = new AbortController()
  const waits = [polls.wait(poll('user:ada', leaving.signal)), polls.wait(poll('user:ada'))]
  await t.rejects(polls.wait(poll('user:ada')), {
    status: 429,
    retryAfterS: 10,
    message: /2 requests of user:ada wait/,
  })
  waits.push(polls.wait(poll('user:bob')))
  await t.rejects(polls.wait(poll('user:eve')), { status: 503, retryAfterS: 10, message: /^3 requests wait/ })
  leaving.abort()
  await waits[0]
  waits.push(polls.wait(poll('user:eve')))
  t.equal(polls.waiting, 3, 'a place is free again')
  polls.close()
  await Promise.all(waits)
  t.equal(polls.waiting, 0)
})

test('the 101st wait of one user answers 429 with Retry-After, whichever token asks', async (t) => {
  const { call } = await startCheckedEndpoint(t)
  const made = await call('POST', 'profiles', { body: { Name: 'p' } })
  const { etag } = (await call('HEAD', 'profiles/p')).headers
  const { Token } = (await call('GET', 'users/powerbus/token?ttl=600')).body
  const headers = { 'if-none-match': String(etag), prefer: 'wait=10m' }
  let ended = 0
  const ask = async (token?: string) => {
    const answer = await call('GET', 'profiles/p', { headers, ...(token && { token }) })
    ended += 1
    return answer
  }
  const waiting = Array.from({ length: 100 }, (_, index) => ask(index % 2 ? Token : undefined))
  const over: Awaited<ReturnType<typeof ask>>[] = []
  const more = async () => {
    const answer = await call('GET', 'profiles/p', { headers: { ...headers, prefer: 'wait=1ms' } })
    if (answer.status !== 304) over.push(answer)
    return over.length > 0
  }
  await waitUntil('the refusal', more)
  t.match(over[0], { status: 429, headers: { 'retry-after': '10' }, body: { Type: 'BUS_CLOSED', Code: 429 } })
  t.equal(ended, 0, 'those that wait go on')
  await call('PUT', 'profiles/p', { body: { ...made.body, Description: 'changed' } })
  for (const { status } of await Promise.all(waiting)) if (status !== 200) t.fail(`${status}`)
})
