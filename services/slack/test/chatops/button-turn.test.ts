import { MemoryStore, openStore } from '@powerbus/store'
import { startRedis, tempFolder, VirtualClock, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { readPress } from '../../src/chatops/press.ts'
import { PressRecords, TURN_MS } from '../../src/chatops/press-records.ts'
import { startChatOps } from './running-chat-ops.ts'

test('a press whose process was killed holds its button for one turn; who presses meanwhile is asked to try again', async (t) => {
  const turnMs = 1500
  const { url } = await startRedis(t)
  const [killed, store] = await Promise.all([1, 2].map(() => openStore({ folder: tempFolder(t), url })))
  if (!killed || !store) throw new Error('no store')
  t.teardown(() => store.close())
  const { slack, post, asked, connected } = await startChatOps(t, { turnMs, open: async () => store })
  await connected()
  const message = await post()
  const press = { user: 'U1', message, actionId: 'powerbus.poweron' }
  const first = readPress(slack.users.pressPayload(press))
  if (!first) throw new Error('no press')
  const records = new PressRecords(async () => killed, turnMs)
  await records.accept(first)
  await records.takeTurn(first)
  // From now on the turn is not renewed.
  await killed.close()
  await slack.users.press(press)
  await waitUntil('the answer to the second press', () => slack.ephemerals.length === 1)
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
  const clock = new VirtualClock(0)
  const store = new MemoryStore({ clock })
  const records = new PressRecords(async () => store, TURN_MS, clock)
  const take = () => records.takeTurn({ button: 'b', id: 'p' })
  const end = await take()
  await clock.pass(10 * TURN_MS)
  t.equal(await take(), undefined, 'renewed')
  end?.()
  await clock.pass(4999)
  t.equal(await take(), undefined, 'a second click')
  await clock.pass(1)
  t.type(await take(), 'function')
  t.equal(TURN_MS, 30_000, 'the half minute that the answer names')
})
