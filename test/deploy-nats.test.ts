import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { runProgram, type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { type DeployedNats, deployFolder, layOutNats, makeSecrets, startDeployedNats } from './deployed-servers.ts'
import { pluginNames } from './repository.ts'

const configuration = readFileSync(join(deployFolder, 'nats/nats-server.conf'), 'utf8')

async function connectAs(scope: TestScope, server: DeployedNats, user: string, inbox = '_INBOX') {
  const connection = await connect({
    servers: server.url,
    user,
    pass: server.password(user),
    inboxPrefix: inbox,
    maxReconnectAttempts: 0,
    timeout: 5000,
  })
  scope.teardown(() => connection.close())
  return connection
}

/** What the server has refused so far. It says so before it answers the flush that follows. */
function refusalsOf(connection: NatsConnection): readonly string[] {
  const refusals: string[] = []
  const listen = async (): Promise<void> => {
    for await (const event of connection.status()) if (event.type === 'error') refusals.push(event.error.message)
  }
  void listen()
  return refusals
}

async function isRefused(connection: NatsConnection, refusals: readonly string[], doIt: () => void): Promise<boolean> {
  const before = refusals.length
  doIt()
  await connection.flush()
  await nextTurn()
  return refusals.length > before
}

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
/** Of a service: the same for each, with its own name in four subjects. `other` is somebody else. */
function serviceRights(name: string, other: string) {
  return {
    publish: [event, 'powerbus.v1.dead.x', `powerbus.v1.log.${name}`, 'powerbus.v1.who', dead],
    notPublish: [
      `powerbus.v1.action.${name}.poweron`,
      `powerbus.v1.config.${other}`,
      `powerbus.v1.log.${other}`,
      '_INBOX.abc.def',
      `$JS.API.CONSUMER.DELETE.POWERBUS_EVENTS.${other}`,
      '$JS.API.STREAM.MSG.DELETE.POWERBUS_DEAD',
      ...changes,
    ],
    subscribe: [
      `powerbus.v1.action.${name}.*`,
      `powerbus.v1.define.${name}`,
      `powerbus.v1.config.${name}`,
      `$SRV.INFO.${name}`,
    ],
    notSubscribe: [
      '>',
      'powerbus.v1.action.>',
      `powerbus.v1.action.${other}.*`,
      `powerbus.v1.config.${other}`,
      '$SYS.>',
    ],
  }
}

const rights = {
  endpoint: {
    publish: [event, 'powerbus.v1.dead.x', 'powerbus.v1.action.ipmi.poweron', 'powerbus.v1.config.slack', dead],
    notPublish: ['_INBOX.abc.def', 'powerbus.v2.event.a.b.c', '$JS.API.STREAM.CREATE.OTHER', ...changes],
    subscribe: ['powerbus.v1.event.>', 'powerbus.v1.log.ipmi', 'powerbus.v1.who', '$SRV.PING', '_INBOX.x.*'],
    notSubscribe: ['>', 'powerbus.v1.>', 'powerbus.v1.action.>', '$JS.API.>', '$SYS.>'],
  },
  ...Object.fromEntries(pluginNames.map((name) => [name, serviceRights(name, name === 'ipmi' ? 'slack' : 'ipmi')])),
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

test('a service answers the requests that it is given, to whoever asked', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await connectAs(t, server, 'endpoint')
  const ipmi = await connectAs(t, server, 'ipmi')
  const observer = await connectAs(t, server, 'observer', '_INBOX_OBSERVER')
  ipmi.subscribe('powerbus.v1.action.ipmi.*', {
    queue: 'powerbus',
    callback: (_error, message) => void message.respond(JSON.stringify({ subject: message.subject })),
  })
  ipmi.subscribe('$SRV.PING', { callback: (_error, message) => void message.respond('{"name":"ipmi"}') })
  await ipmi.flush()
  const answer = await endpoint.request('powerbus.v1.action.ipmi.poweron', '{}', { timeout: 5000 })
  t.same(answer.json(), { subject: 'powerbus.v1.action.ipmi.poweron' })
  t.same((await observer.request('$SRV.PING', '', { timeout: 5000 })).json(), { name: 'ipmi' })
})

test('events go through JetStream with these rights: stream, dedupe, durable consumer, acknowledgement', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await connectAs(t, server, 'endpoint')
  const ipmi = await connectAs(t, server, 'ipmi')
  const observer = await connectAs(t, server, 'observer', '_INBOX_OBSERVER')
  const stream = { name: 'POWERBUS_EVENTS', subjects: ['powerbus.v1.event.>'], duplicate_window: 120e9 }
  for (const connection of [endpoint, ipmi]) {
    t.notOk((await api(connection, 'STREAM.CREATE.POWERBUS_EVENTS', stream)).error)
  }
  const once = headers()
  once.set('Nats-Msg-Id', 'event-1')
  for (const duplicate of [undefined, true]) {
    const kept = await endpoint.request(event, '{}', { timeout: 5000, headers: once })
    t.equal(kept.json<{ duplicate?: boolean }>().duplicate, duplicate)
  }
  const config = { durable_name: 'audit', ack_policy: 'explicit', max_deliver: 5, filter_subject: event }
  const consumer = { stream_name: 'POWERBUS_EVENTS', config }
  t.notOk((await api(ipmi, `CONSUMER.CREATE.POWERBUS_EVENTS.audit.${event}`, consumer)).error)
  const next = await ipmi.request('$JS.API.CONSUMER.MSG.NEXT.POWERBUS_EVENTS.audit', '', { timeout: 5000, noMux: true })
  t.equal(next.subject, event)
  t.equal((await ipmi.request(next.reply ?? '', '+ACK', { timeout: 5000 })).data.length, 0)
  t.match(await api(observer, 'CONSUMER.INFO.POWERBUS_EVENTS.audit'), { num_pending: 0, num_ack_pending: 0 })
})

test('JetStream is limited for the account, and the server tells that it is well', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await connectAs(t, server, 'endpoint')
  t.match(await api(endpoint, 'INFO'), {
    limits: { max_memory: 64 * 1024 ** 2, max_storage: 8 * 1024 ** 3, max_streams: 16, max_consumers: 256 },
  })
  const health = await fetch(`${server.monitorUrl}/healthz`)
  t.equal(health.status, 200)
  t.match(await health.json(), { status: 'ok' })
})
