import { join } from 'node:path'
import { startNatsServer, tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { conformance } from '../src/conformance.ts'
import { type Bus, type BusOptions, connectBus } from '../src/index.ts'

async function opened(t: Test, options: Partial<BusOptions>): Promise<Bus> {
  const bus = await connectBus({ name: 'conformance', heartbeatMs: 200, ...options })
  t.teardown(() => bus.close({ timeoutMs: 1000 }))
  return bus
}

async function runAll(t: Test, bus: Bus, peer: Bus): Promise<void> {
  for (const [index, { name, run }] of conformance.entries()) {
    await t.test(name, () => run({ bus, peer, name: `case-${index}` }))
  }
}

test('in-process, in memory', async (t) => {
  const bus = await opened(t, {})
  await runAll(t, bus, bus)
})

test('in-process, with a journal', async (t) => {
  const bus = await opened(t, { folder: join(tempFolder(t), 'bus') })
  await runAll(t, bus, bus)
})

test('nats', async (t) => {
  const { url } = await startNatsServer(t)
  await runAll(t, await opened(t, { url }), await opened(t, { url }))
})
