import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const delivery = { deliveriesMax: 3, backoffMs: [20] }
const restart = { firstMs: 10, mostMs: 20, attempts: 1000, healthyMs: 60_000 }
/** Appends the event's subject to a file, and answers that it is handled. */
const note = (file: string) => `
  fs.appendFileSync(${JSON.stringify(file)}, event.Type + '.' + event.Action + '.' + event.Key + '\\n')
  answer(200, { Code: 200, Messages: [] })`

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

const lamp = (Key: string) => ({ Type: 'lamps', Action: 'out', Key, Principal: 'test' })
const lampsIn = (file: string) => linesOf(file).filter((line) => line.startsWith('lamps.'))

test('a plugin with HasPublish gets every event in order, and no log events', async (t) => {
  const file = join(tempFolder(t), 'events')
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { publish: note(file) }))
  endpoint.events.publish({ Type: 'log', Action: 'warn', Key: 'x', Principal: 'test' })
  for (let n = 0; n < 20; n += 1) endpoint.events.publish({ ...lamp('same'), Action: String(n) })
  await call('POST', 'machines', { body: { Name: 'm1' } })
  await waitUntil('the events', () => lampsIn(file).length === 20)
  t.same(
    lampsIn(file),
    Array.from({ length: 20 }, (_, n) => `lamps.${n}.same`),
  )
  await waitUntil('the machine', () => linesOf(file).some((line) => line.startsWith('machines.create.')))
  t.notOk(linesOf(file).some((line) => line.startsWith('log.')))
})

test('a plugin that refuses an event gets it again, and after the last try the next event', async (t) => {
  const file = join(tempFolder(t), 'events')
  const refusal = JSON.stringify({ Messages: [JSON.stringify({ Messages: ['no'], Code: 409 })], Code: 409 })
  const { endpoint } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, {
        publish: `fs.appendFileSync(${JSON.stringify(file)}, event.Type + '.' + event.Key + '\\n')
          if (event.Key === 'poison') answer(200, ${refusal}); else answer(200, {})`,
      }),
    { delivery },
  )
  for (const key of ['a', 'poison', 'b']) endpoint.events.publish(lamp(key))
  await waitUntil('all tries', () => lampsIn(file).filter((line) => line === 'lamps.poison').length === 3)
  await waitUntil('the others', () => lampsIn(file).length === 5)
})

test('a restarted plugin gets the events that it missed, even after a restart of the endpoint', async (t) => {
  const folder = tempFolder(t)
  const [file, down] = [join(folder, 'events'), join(folder, 'down')]
  const write = (pluginDir: string) => {
    return writeFixturePlugin(pluginDir, {
      before: `if (fs.existsSync(${JSON.stringify(down)})) process.exit(1)`,
      publish: note(file),
      action: 'process.exit(9)',
    })
  }
  const first = await startTestEndpoint(t, write, { delivery, restart })
  first.endpoint.events.publish(lamp('a'))
  await waitUntil('the first event', () => lampsIn(file).length === 1)
  writeFileSync(down, '')
  await first.call('POST', 'system/actions/survey')
  await waitUntil('its end', async () => (await first.call('GET', 'plugins/demo')).body.Available === false)
  for (const key of ['b', 'c']) first.endpoint.events.publish(lamp(key))
  rmSync(down)
  await waitUntil('what was missed', () => lampsIn(file).length === 3)
  writeFileSync(down, '')
  await first.call('POST', 'system/actions/survey')
  await waitUntil('its end', async () => (await first.call('GET', 'plugins/demo')).body.Available === false)
  first.endpoint.events.publish(lamp('d'))
  await first.stop()
  rmSync(down)
  const { stateDir, pluginDir } = first
  await startTestEndpoint(t, undefined, { stateDir, pluginDir, delivery, restart })
  await waitUntil('what was missed', () => lampsIn(file).length === 4)
  t.same(lampsIn(file).sort(), ['lamps.out.a', 'lamps.out.b', 'lamps.out.c', 'lamps.out.d'])
})

test('a plugin that hangs in publish delays neither other plugins nor actions nor changes', async (t) => {
  const file = join(tempFolder(t), 'events')
  const { endpoint, call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder, { name: 'hangs', params: {}, actions: [], publish: '' })
    writeFixturePlugin(folder, { publish: note(file) })
  })
  for (let n = 0; n < 200; n += 1) endpoint.events.publish(lamp(String(n)))
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
  t.equal((await call('POST', 'machines', { body: { Name: 'm1' } })).status, 201)
  await waitUntil('all at the good one', () => lampsIn(file).length === 200)
})
