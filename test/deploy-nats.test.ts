import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { connectAs, isRefused, refusalsOf } from './deployed-clients.ts'
import { deployFolder, layOutNats, makeSecrets, startDeployedNats } from './deployed-servers.ts'
import { pluginNames } from './repository.ts'

const configuration = readFileSync(join(deployFolder, 'nats/nats-server.conf'), 'utf8')

async function api(connection: NatsConnection, name: string, body: unknown = ''): Promise<Record<string, unknown>> {
  const payload = body === '' ? '' : JSON.stringify(body)
  return (await connection.request(`$JS.API.${name}`, payload, { timeout: 5000 })).json()
}

test('nats-server accepts the configuration with the passwords that make-secrets wrote, and not without', async (t) => {
  const path = layOutNats(t, await makeSecrets(t))
  t.equal((await runProgram('nats-server', ['-t', '--config', path])).code, 0)
  const alone = join(tempFolder(t), 'nats-server.conf')
  copyFileSync(path, alone)
  t.not((await runProgram('nats-server', ['-t', '--config', alone])).code, 0)
})

test('the committed configuration has no password in it, and a user for every service', async (t) => {
  t.notMatch(configuration, /password: *"/)
  for (const plugin of pluginNames) {
    t.match(configuration, new RegExp(`user: ${plugin}\\n\\s*password: \\$`), plugin)
    t.match(configuration, new RegExp(`"powerbus\\.v1\\.action\\.${plugin}\\.\\*"`), plugin)
  }
})

test('the TLS block that the configuration shows is one that nats-server reads', async (t) => {
  const path = layOutNats(t, await makeSecrets(t))
  const withTls = configuration.replace(/^# (tls \{\n(?:#.*\n)*?)# \}/m, (block) => block.replace(/^# ?/gm, ''))
  t.not(withTls, configuration)
  writeFileSync(path, withTls)
  const refused = await runProgram('nats-server', ['-t', '--config', path])
  t.not(refused.code, 0)
  t.match(refused.stderr, /tls\/server\.crt/, 'all it misses is the certificate')
  const wrong = withTls.replace('cert_file:', 'certificate:')
  writeFileSync(path, wrong)
  t.notMatch((await runProgram('nats-server', ['-t', '--config', path])).stderr, /server\.crt: no such/)
})

const event = 'powerbus.v1.event.machines.create.one'
const dead = '$JS.API.STREAM.MSG.GET.POWERBUS_DEAD'
const changes = ['DELETE', 'UPDATE', 'PURGE', 'SNAPSHOT', 'RESTORE', 'MSG.DELETE'].map(
  (verb) => `$JS.API.STREAM.${verb}.POWERBUS_EVENTS`,
)
const rights = {
  endpoint: {
    publish: [event, 'powerbus.v1.dead.x', 'powerbus.v1.action.ipmi.poweron', 'powerbus.v1.config.slack', dead],
    notPublish: [
      '_INBOX.abc.def',
      '_INBOX_OBSERVER.x',
      '$JS.API.INFO',
      'powerbus.v2.event.a.b.c',
      '$JS.API.STREAM.CREATE.OTHER',
      ...changes,
    ],
    subscribe: ['powerbus.v1.event.>', 'powerbus.v1.log.ipmi', 'powerbus.v1.who', '$SRV.PING', '_INBOX.endpoint.x.*'],
    notSubscribe: [
      '>',
      '_INBOX.>',
      '_INBOX.slack.>',
      '_INBOX_OBSERVER.>',
      'powerbus.v1.>',
      'powerbus.v1.action.>',
      '$JS.API.>',
      '$SYS.>',
    ],
  },
  observer: {
    publish: ['$SRV.PING', '$SRV.STATS.ipmi', '$JS.API.STREAM.LIST', '$JS.API.STREAM.INFO.POWERBUS_EVENTS', dead],
    notPublish: [event, 'powerbus.v1.action.ipmi.poweron', '$JS.API.STREAM.CREATE.X', '$JS.ACK.X', ...changes],
    subscribe: ['powerbus.v1.event.>', 'powerbus.v1.dead.*', '_INBOX_OBSERVER.x.*'],
    notSubscribe: ['>', 'powerbus.v1.action.>', 'powerbus.v1.config.>', '_INBOX.>', '$JS.ACK.>'],
  },
}

test('each user has the rights that its program needs, and no others', async (t) => {
  const server = await startDeployedNats(t)
  for (const [user, { publish, notPublish, subscribe, notSubscribe }] of Object.entries(rights)) {
    const connection = await connectAs(t, server, user)
    const refusals = refusalsOf(connection)
    const refused = (doIt: () => void) => isRefused(connection, refusals, doIt)
    const say = (subject: string) => refused(() => connection.publish(subject))
    const hear = (subject: string) => refused(() => void connection.subscribe(subject, { callback: () => undefined }))
    for (const subject of publish) t.notOk(await say(subject), `${user} may publish ${subject}`)
    for (const subject of notPublish) t.ok(await say(subject), `${user} may not publish ${subject}`)
    for (const subject of subscribe) t.notOk(await hear(subject), `${user} may subscribe ${subject}`)
    for (const subject of notSubscribe) t.ok(await hear(subject), `${user} may not subscribe ${subject}`)
  }
})

test('nobody is let in without a user, or with the password of another', async (t) => {
  const server = await startDeployedNats(t)
  const options = { servers: server.url, maxReconnectAttempts: 0, timeout: 5000 }
  await t.rejects(connect(options))
  await t.rejects(connect({ ...options, user: 'endpoint', pass: server.password('ipmi') }))
})

test('JetStream is limited for the account, and the server tells that it is well', async (t) => {
  const server = await startDeployedNats(t)
  const observer = await connectAs(t, server, 'observer', '_INBOX_OBSERVER')
  t.match(await api(observer, 'INFO'), {
    limits: { max_memory: 64 * 1024 ** 2, max_storage: 8 * 1024 ** 3, max_streams: 16, max_consumers: 256 },
  })
  const health = await fetch(`${server.monitorUrl}/healthz`)
  t.equal(health.status, 200)
  t.match(await health.json(), { status: 'ok' })
})
