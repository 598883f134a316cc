import { createSocket } from 'node:dgram'
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { descendantsOf, launchPlugin, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const EXAMPLE = join(import.meta.dirname, '../../../../docs/examples/wake-on-lan')

test('a plugin in Python, written from the contract alone, runs with its content bundle', async (t) => {
  const receiver = createSocket('udp4')
  t.teardown(() => receiver.close())
  await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve))
  const packets: Buffer[] = []
  receiver.on('message', (packet) => packets.push(packet))
  const before = descendantsOf(process.pid)
  const running = await startTestEndpoint(t, (folder) => copyFileSync(EXAMPLE, join(folder, 'wake-on-lan')))
  const { call, logged } = running
  const param = 'wake-on-lan/broadcast'

  t.match((await call('GET', 'plugin_providers/wake-on-lan')).body, { Version: 'v1.0.0', AutoStart: true })
  t.match((await call('GET', 'plugins/wake-on-lan')).body, { Available: true })
  t.match((await call('GET', `params/${param}`)).body, { Schema: { default: '255.255.255.255:9' } })

  const target = `127.0.0.1:${receiver.address().port}`
  const HardwareAddrs = ['02:00:00:00:0a:01', '02-00-00-00-0A-02']
  const machine = { Name: 'sleeper', HardwareAddrs, Params: { [param]: target } }
  t.equal((await call('POST', 'machines', { body: machine })).status, 201)
  const woken = await call('POST', 'machines/Name:sleeper/actions/wake', { body: {} })
  t.match(woken, { status: 200, body: { Sent: 2 } })
  await waitUntil('both packets arrive', () => packets.length === 2)
  const magic = (mac: string) => `${'ff'.repeat(6)}${mac.repeat(16)}`
  const expected = [magic('020000000a01'), magic('020000000a02')]
  t.same(packets.map((packet) => packet.toString('hex')).sort(), expected)
  t.ok(
    await waitUntil('its line is in the log of the endpoint', () =>
      logged.find(({ msg }) => msg === 'sent 2 magic packets'),
    ),
  )

  await call('POST', 'machines', { body: { Name: 'cardless', Params: { [param]: target } } })
  t.match(await call('POST', 'machines/Name:cardless/actions/wake', { body: {} }), {
    status: 400,
    body: { Messages: [/HardwareAddrs/] },
  })
  t.equal((await call('POST', 'machines/Name:sleeper/actions/wake', { body: { [param]: 'everywhere' } })).status, 400)
  t.equal((await call('POST', 'machines/Name:sleeper/actions/sleep', { body: {} })).status, 404)

  const path = 'plugins/wake-on-lan'
  const set = (value: string) => call('POST', `${path}/params/${param}`, { body: JSON.stringify(value) })
  t.equal((await set('everywhere')).status, 400)
  t.equal((await set('10.0.0.255:9')).status, 200)
  const started = descendantsOf(process.pid).filter((pid) => !before.includes(pid))
  t.equal(started.length, 1)
  await within('the endpoint stops', running.stop())
  t.same(
    descendantsOf(process.pid).filter((pid) => started.includes(pid)),
    [],
    'the plugin ended with its endpoint',
  )
})

test('the Python example answers refusals, unknown paths and stop as the contract says', async (t) => {
  const plugin = await launchPlugin(t, EXAMPLE)
  t.equal((await plugin.config({ Name: 'wake-on-lan' })).status, 200)
  const refused = await plugin.config({ 'wake-on-lan/broadcast': 'everywhere' })
  const { Messages, Code } = JSON.parse(refused.text)
  t.equal(Code, 400)
  t.match(JSON.parse(Messages[0]), { Model: 'plugin', Key: 'wake-on-lan', Type: 'rpc', Code: 400 })
  t.match(await plugin.act('sleep'), { status: 404, body: { Code: 404 } })
  t.match(await plugin.post('/api-plugin/v4/publish', {}), { status: 404 })
  t.match(
    await plugin.act('wake', {}, { model: { HardwareAddrs: 7 } }),
    { status: 500 },
    'a crash ends one request only',
  )
  t.equal(statSync(plugin.toPath).mode & 0o077, 0, 'its socket is private')
  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
})
