import { networkInterfaces } from 'node:os'
import { startNatsServer } from '@powerbus/testkit'
import { test } from 'tap'
import { connectionOptions } from '../../src/nats/nats-settings.ts'
import { plaintextServers } from '../../src/nats/plaintext.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

test('without TLS only the loopback and what is named is allowed', async (t) => {
  for (const server of ['127.0.0.1:4222', '127.8.9.1:1', '[::1]:4222', 'localhost:4222', 'localhost']) {
    t.equal((await plaintextServers([server])).length, 1, server)
  }
  const beyond = ['192.0.2.1:4222', '10.0.0.1', '[2001:db8::1]:4222', '0.0.0.0:4222', '[::]:4222', '169.254.1.1:4222']
  for (const server of beyond) {
    await t.rejects(plaintextServers([server]), { code: 'INPUT', message: /POWERBUS_BUS_PLAINTEXT/ }, server)
    await t.rejects(plaintextServers(['127.0.0.1:4222', server]), { code: 'INPUT' }, `also ${server}`)
  }
  for (const named of ['192.0.2.1', '192.0.2.1:4222', 'other, 192.0.2.1:4222']) {
    t.same(await plaintextServers(['192.0.2.1:4222'], named), ['192.0.2.1:4222'], named)
  }
  for (const named of ['192.0.2.1:4223', '192.0.2.10', '192.0.2', '192.0.2.1.evil', '*', 'true', '1']) {
    await t.rejects(plaintextServers(['192.0.2.1:4222'], named), { code: 'INPUT' }, named)
  }
  t.same(await plaintextServers(['NATS:4222', '[2001:db8::1]:4222'], 'nats, 2001:db8::1'), [
    'NATS:4222',
    '[2001:db8::1]:4222',
  ])
})

test('a bus whose name is of the loopback is reached without TLS', async (t) => {
  const { port } = await startNatsServer(t)
  await (await busFor(t, { url: `nats://localhost:${port}` })).publish(eventWith())
})

test('a bus beyond the loopback is refused at once, and not with TLS', async (t) => {
  const soon = { connectTimeoutMs: 500 }
  const refused = { code: 'INPUT', message: /tls:\/\/.*NATS_CA_FILE.*POWERBUS_BUS_PLAINTEXT/ }
  await t.rejects(busFor(t, { url: 'nats://192.0.2.1:4222', user: 'u', password: 'p', ...soon }), refused)
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  const address = own.find(({ internal, family }) => !internal && family === 'IPv4')?.address
  if (address === undefined) return
  await t.rejects(busFor(t, { url: `tls://${address}:9`, ...soon }), { code: 'UNAVAILABLE' })
  await t.rejects(busFor(t, { url: `${address}:9`, plaintext: address, ...soon }), { code: 'UNAVAILABLE' })
})

test('servers that a cluster announces are not followed without TLS', async (t) => {
  t.equal(connectionOptions({ url: 'nats://127.0.0.1' }, 'test').ignoreClusterUpdates, true)
  t.not(connectionOptions({ url: 'tls://127.0.0.1' }, 'test').ignoreClusterUpdates, true)
})
