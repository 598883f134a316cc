import { connectBus } from '@powerbus/bus'
import { startNatsServer, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { type ServedPlugin, startServe } from '../fixture/served-plugin.ts'

const event = { Time: '', Type: 'machines', Action: 'create', Principal: '', Object: null, Original: null }

function count({ process }: ServedPlugin, text: string): number {
  return process.output.stderr.split(`"${text}"`).length - 1
}

test('a served plugin that selects events catches up after each start, and gets from the bus what comes from then on', async (t) => {
  const { executable } = await builtDemo(t, 'selecting-main.ts')
  const nats = await startNatsServer(t)
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  await bus.publish({ ...event, id: 'before', Key: 'before' })
  const setup = { env: { NATS_URL: nats.url, POWERBUS_STATE: tempFolder(t) } }
  const first = await startServe(t, executable, setup)
  await waitUntil('catching up with what was before', () => count(first, 'catching up') === 1)
  await bus.publish({ ...event, id: 'during', Key: 'during' })
  await waitUntil('an event', () => count(first, 'handling create during.') === 1)
  first.process.kill('SIGTERM')
  t.strictSame(await first.process.exited, { code: 0, signal: null })
  await bus.publish({ ...event, id: 'between', Key: 'between' })
  const second = await startServe(t, executable, setup)
  await waitUntil('what was kept meanwhile', () => count(second, 'handling create between.') === 1)
  await waitUntil('catching up again', () => count(second, 'catching up') === 1)
  t.equal(count(first, 'catching up'), 1)
  t.equal(count(first, 'handling create before.') + count(second, 'handling create before.'), 0)
})
