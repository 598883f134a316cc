import type { Store } from '@powerbus/store'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { readPress } from '../../src/chatops/press.ts'
import { PressRecords, TURN_MS } from '../../src/chatops/press-records.ts'
import { startChatOps } from './running-chat-ops.ts'

test('a killed press holds its button for one turn, and a press in that time is told to try again', async (t) => {
  const turnMs = 1500
  const { slack, store, post, asked, connected } = await startChatOps(t, { turnMs })
  await connected()
  const message = await post()
  const press = { user: 'U1', message, actionId: 'powerbus.poweron' }
  const first = readPress(slack.users.pressPayload(press))
  if (!first) throw new Error('no press')
  let isKilled = false
  const state = async () => (isKilled ? Promise.reject(new Error('killed')) : store)
  const records = new PressRecords(state, turnMs)
  await records.accept(first)
  await records.takeTurn(first, () => undefined)
  isKilled = true
  await slack.users.press(press)
  await waitUntil('whoever presses meanwhile is told', () => slack.ephemerals.length === 1)
  t.match(slack.ephemerals[0]?.text, /press again in half a minute/)
  t.equal(asked.length, 0)
  const pressed = async () => {
    await slack.users.press(press)
    return asked.length > 0
  }
  await waitUntil('the button works again', pressed, { timeoutMs: 20_000, intervalMs: 300 })
  t.equal(asked.length, 1)
})

test('a turn is renewed while its press runs, and lasts 5 s longer', async (t) => {
  const written: (readonly unknown[])[] = []
  const store = { compareAndSet: async (...call: readonly unknown[]) => written.push(call) > 0 }
  const state = async () => store as unknown as Store
  const turnMs = 90
  const records = new PressRecords(state, turnMs)
  const turn = await records.takeTurn({ button: 'b', id: 'p' }, () => t.fail('a renewal failed'))
  await waitUntil('two renewals', () => written.length >= 3)
  await turn?.end()
  const [taken, ...renewed] = written
  const ended = renewed.pop()
  t.same(taken, ['chatops/turn/b', undefined, 'p', { ttlMs: turnMs }])
  for (const call of renewed) t.same(call, ['chatops/turn/b', 'p', 'p', { ttlMs: turnMs }])
  t.same(ended, ['chatops/turn/b', 'p', 'p', { ttlMs: 5000 }])
  t.equal(TURN_MS, 30_000, 'as whoever presses is told')
})
