import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import { startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { everyEvent } from '../src/index.ts'
import { busFor, openInProcessBus } from './fixtures/test-bus.ts'

/** A copy of the folder that the landed version left. */
function folderWith(t: Test, name: 'events' | 'outbox'): string {
  const folder = tempFolder(t)
  mkdirSync(join(folder, name))
  copyFileSync(join(import.meta.dirname, `fixtures/landed/${name}.journal`), join(folder, name, 'journal-0'))
  return folder
}

test('a journal of the landed version opens: what was not handled is handled once, and its dead letter is there', async (t) => {
  const store = await EmbeddedStore.open({ folder: join(folderWith(t, 'events'), 'events') })
  const bus = await openInProcessBus({ store, ageMaxMs: Number.POSITIVE_INFINITY })
  t.teardown(() => bus.close())
  t.match(await bus.figures(), { subscriptions: [{ durable: 'plugin-slack', lag: 5 }] })
  const seen: [id: string, deliveries: number][] = []
  await bus.subscribe({ durable: 'plugin-slack', match: [everyEvent] }, async ({ id }, { deliveries }) => {
    seen.push([id, deliveries])
  })
  await waitUntil('all', () => seen.length >= 5)
  t.same(
    seen.toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
    [
      ['event-7', 2],
      ['event-9', 1],
      ['event-10', 1],
      ['event-11', 1],
      ['event-12', 1],
    ],
  )
  const letters = await bus.deadLetters('plugin-slack')
  t.match(letters, [{ event: { id: 'event-6', Key: 'poison' }, reason: 'not this one', deliveries: 2 }])
  t.ok(await bus.retryDeadLetter('plugin-slack', 'event-6'))
  await waitUntil('the dead letter to be handled', () => seen.some(([id]) => id === 'event-6'))
})

test('what the landed version could not send to NATS is sent in its order', async (t) => {
  const { url } = await startNatsServer(t)
  const reader = await busFor(t, { url })
  const seen: (string | undefined)[] = []
  await reader.subscribe({ durable: 'all', match: [everyEvent] }, async ({ id }, { requestId }) => {
    seen.push(id, requestId)
  })
  await busFor(t, { url, folder: folderWith(t, 'outbox') })
  await waitUntil('all', () => seen.length >= 6)
  t.same(seen, ['kept-1', 'request-1', 'kept-2', 'request-2', 'kept-3', 'request-3'])
})
