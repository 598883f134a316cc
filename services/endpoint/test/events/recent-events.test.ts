import type { DrpEvent } from '@powerbus/drp'
import { test } from 'tap'
import { RECENT_EVENTS_MAX, RecentEvents } from '../../src/events/recent-events.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

function feed() {
  let tell: (event: DrpEvent) => void = () => undefined
  const recent = new RecentEvents({
    subscribe: (listener) => {
      tell = listener
      return () => true
    },
  })
  return { recent, tell: (event: Partial<DrpEvent>) => tell(event as DrpEvent) }
}

test('the last events are kept up to a number and a size, without log lines', async (t) => {
  const { recent, tell } = feed()
  for (let n = 0; n < RECENT_EVENTS_MAX + 5; n += 1) tell({ Type: 'machines', Key: String(n) })
  tell({ Type: 'log', Key: 'line' })
  t.equal(recent.last(RECENT_EVENTS_MAX).length, RECENT_EVENTS_MAX)
  t.same(
    recent.last(2).map(({ Key }) => Key),
    [String(RECENT_EVENTS_MAX + 3), String(RECENT_EVENTS_MAX + 4)],
  )
  for (let n = 0; n < 12; n += 1) tell({ Type: 'machines', Key: `large ${n}`, Object: 'x'.repeat(1024 * 1024) })
  t.equal(recent.last(RECENT_EVENTS_MAX).length, 7)
})

test('GET events returns the last events, oldest first', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const seen = collectEvents(endpoint)
  for (const Key of ['1', '2', '3']) await call('POST', 'events', { body: { Type: 'test', Action: 'say', Key } })
  await seen.find('the last', ({ Key }) => Key === '3')
  const { body } = await call('GET', 'events?limit=2')
  t.match(body, [
    { Type: 'test', Key: '2', Principal: 'user:powerbus' },
    { Type: 'test', Key: '3' },
  ])
  t.equal((await call('GET', 'events')).body.length > 2, true)
  for (const limit of ['0', '1001', 'x', '1.5']) t.equal((await call('GET', `events?limit=${limit}`)).status, 400)
  t.equal((await call('GET', 'events', { token: '' })).status, 401)
})
