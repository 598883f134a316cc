import { join } from 'node:path'
import { type BusEvent, connectBus } from '@powerbus/bus'
import { freeTcpPort, startNatsServer, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { fakeEndpoint } from '../fixture/fake-endpoint.ts'
import { builtDemo, call, launch } from '../fixture/launched-plugin.ts'
import { ask } from '../fixture/served-plugin.ts'
import { streamServer } from '../fixture/stream-server.ts'

const SELECTED = 'machines.create,delete.*'
const EVERYTHING = '*.*.*'

test('two plugins beside an endpoint with an event stream and a NATS bus', async (t) => {
  const { folder, executable } = await builtDemo(t, 'selecting-main.ts')
  const socket = (name: string) => join(folder, name)
  const endpoint = await fakeEndpoint(socket('from'))
  t.teardown(() => endpoint.close())
  const stream = await streamServer(t)
  const nats = await startNatsServer(t)
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  const onBus: BusEvent[] = []
  await bus.watch({ match: [{ Type: '*', Action: '*', Key: '*' }] }, (event) => void onBus.push(event))
  const metrics = `127.0.0.1:${await freeTcpPort()}`
  const env = { RS_ENDPOINT: stream.url, RS_TOKEN: 'token', NATS_URL: nats.url, POWERBUS_METRICS: metrics }
  const first = await launch(t, executable, [socket('to'), socket('from')], env)
  await launch(t, executable, [socket('to2'), socket('from')], env)
  const seen = (text: string) => first.stderr().split(`"${text}"`).length - 1

  await t.test('it selects its events once it is configured, and catches up first', async (t) => {
    t.equal(stream.registered(SELECTED), 0)
    t.equal((await call(socket('to'), '/api-plugin/v4/config', { Name: 'selecting' })).status, 200)
    await waitUntil('the registration', () => stream.registered(SELECTED) === 1)
    await waitUntil('catching up', () => seen('catching up') === 1)
  })

  await t.test('it gets those and no others, and one that failed for now again', async (t) => {
    stream.send({ Type: 'machines', Action: 'create', Key: 'again' })
    stream.send({ Type: 'machines', Action: 'update', Key: 'm1' })
    stream.send({ Type: 'machines', Action: 'delete', Key: 'm1' })
    await waitUntil('the second try', () => seen('handling create again.') === 2)
    // Its lane may be that of the one that failed.
    await waitUntil('the other', () => seen('handling delete m1.') === 1)
    t.equal(seen('handling update m1.'), 0)
    const about = endpoint.logs.filter(({ Message }) => /^(handling|catching|event)/.test(String(Message)))
    t.ok(about.length > 3 && about.every(({ IgnorePublish }) => IgnorePublish === true))
  })

  await t.test('after the stream broke it registers anew and catches up', async () => {
    stream.drop()
    await waitUntil('the registration', () => stream.registered(SELECTED) === 1)
    await waitUntil('catching up', () => seen('catching up') === 2)
    stream.send({ Type: 'machines', Action: 'create', Key: 'later' })
    await waitUntil('the event', () => seen('handling create later.') === 1)
  })

  await t.test('both mirror the endpoint’s events, and each is on the bus once', async (t) => {
    await waitUntil('both mirrors', () => stream.registered(EVERYTHING) === 2)
    stream.send({
      Time: '2026-01-01T00:00:00.1Z',
      Type: 'profiles',
      Action: 'save',
      Key: 'a.b',
      Object: { Name: 'a.b' },
    })
    stream.send({ Type: 'log', Action: 'info', Key: 'noise' })
    stream.send({ Id: 'from-the-bus', Type: 'profiles', Action: 'save', Key: 'known' })
    stream.send({ Time: '2026-01-01T00:00:00.2Z', Type: 'profiles', Action: 'save', Key: 'last' })
    await waitUntil('the last', () => onBus.some(({ Key }) => Key === 'last'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.same(
      onBus.filter(({ Type }) => Type !== 'machines').map(({ Key }) => Key),
      ['a.b', 'last'],
    )
    t.match(onBus.find(({ Key }) => Key === 'a.b')?.Object, { Name: 'a.b' })
  })

  await t.test('its actions are told of on the bus, and counted', async (t) => {
    const action = { Model: { Uuid: 'u1' }, Command: 'nothing', Params: {} }
    t.equal((await call(socket('to'), '/api-plugin/v4/action', action)).status, 200)
    await waitUntil('its end', () =>
      onBus.some(({ Key, Object: o }) => Key === 'u1' && JSON.stringify(o).includes('"end"')),
    )
    const { status, text } = await ask(`http://${metrics}/metrics`)
    t.equal(status, 200)
    t.match(text, /powerbus_actions_total\{plugin="selecting",command="nothing",driver="",code="OK"\} 1/)
    t.match(text, /powerbus_action_retries_total\{.*\} 2/)
    t.match(text, /powerbus_bus_connected\{driver="nats"\} 1/)
  })

  await t.test('a bus that is gone harms no action, and no stop', async (t) => {
    await nats.kill()
    const action = { Model: {}, Command: 'nothing', Params: {} }
    for (let count = 0; count < 20; count += 1) {
      t.equal((await call(socket('to'), '/api-plugin/v4/action', action)).status, 200)
    }
    first.child.kill('SIGTERM')
    t.strictSame(await first.ended, { code: 0, signal: null })
  })
})
