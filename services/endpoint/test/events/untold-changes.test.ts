import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectBus } from '@powerbus/bus'
import { endpointRequests, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { startKillableEndpoint } from '../fixtures/killable-endpoint.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const KILLS = 3
const machines = { durable: 'test', match: [{ Type: 'machines', Action: '*', Key: '*' }] }

test('every created machine is published, however often kill -9 ends the endpoint', async (t) => {
  const root = tempFolder(t)
  const [stateDir, pluginDir] = [join(root, 'state'), join(root, 'plugins')]
  mkdirSync(stateDir)
  mkdirSync(pluginDir)
  const own = await connectBus({ name: 'test', folder: join(stateDir, 'bus') })
  await own.subscribe(machines, async () => undefined)
  await own.close()
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { child, operator } = await startKillableEndpoint(t, stateDir, pluginDir)
    const ask = endpointRequests(t, operator)
    let made = 0
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; ; n += 1) {
        const machine = { Name: `m-${kill}-${writer}-${n}` }
        const answer = await ask('POST', 'machines', machine).catch(() => undefined)
        if (answer?.status !== 201) return
        made += 1
        if (made === 60) child.kill('SIGKILL')
      }
    })
    await Promise.all(writers)
    await child.exited
    t.ok(made >= 60)
  }
  const last = await startTestEndpoint(t, undefined, { stateDir, pluginDir })
  const present: { Uuid: string }[] = (await last.call('GET', 'machines')).body
  await last.stop()
  const bus = await connectBus({ name: 'test', folder: join(stateDir, 'bus') })
  t.teardown(() => bus.close())
  const seen: string[] = []
  await bus.subscribe(machines, async ({ Action, Key }) => void seen.push(`${Action} ${Key}`))
  const expected = present.map(({ Uuid }) => `create ${Uuid}`)
  await waitUntil('the events', () => new Set(seen).size >= expected.length, { timeoutMs: 20_000 })
  t.same(seen.toSorted(), expected.toSorted())
})
