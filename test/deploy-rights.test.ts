import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { connectBus, everyEvent } from '@powerbus/bus'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { connectAs, isRefused, refusalsOf } from './deployed-clients.ts'
import { type DeployedNats, deployFolder, startDeployedNats } from './deployed-servers.ts'
import { pluginNames } from './repository.ts'
import { forbiddenTo, rightsOf, type ServiceRights } from './service-rights.ts'

const configuration = readFileSync(join(deployFolder, 'nats/nats-server.conf'), 'utf8')
const API = '$JS.API.'
const IMPORTED = 'powerbus.v1.js.'
const allRights = Promise.all(pluginNames.map(rightsOf))
const other = (name: string, all: readonly ServiceRights[]): ServiceRights => {
  const found = all.find((one) => one.name !== name && one.events && one.name !== 'virtualbox-ipmi')
  if (!found) throw new Error('there is no other service')
  return found
}

/** The block of a service's account. */
function accountOf(name: string): string {
  const account = name.toUpperCase().replaceAll('-', '_')
  const text = new RegExp(`^  ${account} \\{\\n(.*?)^  \\}\\n`, 'ms').exec(configuration)?.[1]
  if (text === undefined) throw new Error(`${name} has no account`)
  return text
}

function subjectsIn(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"/g)].map(([, subject = '']) => subject)
}

/** The configuration with a user of the bus's account who may do all, for the tests to look with. */
function withAdmin(text: string): string {
  const admin = '{ user: admin, password: admin }'
  return text.replace('users: [\n', `users: [\n      ${admin}\n`)
}

async function adminOf(scope: TestScope, server: DeployedNats): Promise<NatsConnection> {
  return await connectAs(scope, { ...server, password: () => 'admin' }, 'admin')
}

async function busAs(scope: TestScope, server: DeployedNats, user: string) {
  const notices: string[] = []
  const access = { url: server.url, user, passwordFile: server.passwordFile(user), name: user }
  const bus = await connectBus({ ...access, onNotice: (message) => void notices.push(message) })
  scope.teardown(() => bus.close())
  await bus.connected()
  return { bus, notices }
}

function eventOf(Type: string, Action: string, id = `${Type}-${Action}`) {
  return { id, Time: new Date().toISOString(), Type, Action, Key: 'one', Principal: 'test', Object: {}, Original: null }
}

test('the configuration gives each service the rights that follow from its manifest, and imports the same subjects', async (t) => {
  for (const rights of await allRights) {
    const block = accountOf(rights.name)
    const lists = /publish: \[(.*?)\]\s*subscribe: \[(.*?)\]/s.exec(block)
    const publish = subjectsIn(lists?.[1] ?? '').filter((subject) => !subject.startsWith(API))
    t.same(new Set(publish), new Set(rights.publish), rights.name)
    t.same(new Set(subjectsIn(lists?.[2] ?? '')), new Set(rights.subscribe), rights.name)
    const imports = /imports: \[(.*?)\n {4}\]/s.exec(block)?.[1] ?? ''
    const services = [...imports.matchAll(/service: \{ account: POWERBUS, subject: "([^"]+)" \}(?:\s*to: "([^"]+)")?/g)]
    t.same(new Set(services.map(([, subject = '', to = subject]) => to)), new Set(rights.publish), rights.name)
    for (const [, subject = '', to = subject] of services) t.equal(to.replace(IMPORTED, API), subject)
  }
})

test('what each service must not do is refused: more than 90 subjects each', async (t) => {
  const server = await startDeployedNats(t)
  const all = await allRights
  for (const rights of all) {
    const connection = await connectAs(t, server, rights.name, `_INBOX.${rights.name}`)
    const refusals = refusalsOf(connection)
    const forbidden = forbiddenTo(rights, other(rights.name, all))
    t.ok(forbidden.publish.length + forbidden.subscribe.length > 90)
    for (const subject of forbidden.publish) {
      const refused = await isRefused(connection, refusals, () => connection.publish(subject))
      t.ok(refused, `${rights.name} may not publish ${subject}`)
    }
    for (const subject of forbidden.subscribe) {
      const hear = () => void connection.subscribe(subject, { callback: () => undefined })
      t.ok(await isRefused(connection, refusals, hear), `${rights.name} may not subscribe ${subject}`)
    }
  }
})

test('what each service needs is not refused', async (t) => {
  const server = await startDeployedNats(t)
  for (const { name, publish, subscribe } of await allRights) {
    const connection = await connectAs(t, server, name, `_INBOX.${name}`)
    const refusals = refusalsOf(connection)
    for (const pattern of publish) {
      const subject = pattern.replaceAll('*', 'x').replace('>', '1.1.1.1.0')
      t.notOk(await isRefused(connection, refusals, () => connection.publish(subject)), `${name} publishes ${subject}`)
    }
    for (const subject of subscribe) {
      const hear = () => void connection.subscribe(subject, { callback: () => undefined })
      t.notOk(await isRefused(connection, refusals, hear), `${name} subscribes ${subject}`)
    }
  }
})

test('a reply subject gives a service no rights: the server’s answers stay in its account', async (t) => {
  const server = await startDeployedNats(t, withAdmin)
  const { bus: endpoint } = await busAs(t, server, 'endpoint')
  const admin = await adminOf(t, server)
  await endpoint.serve(['log', '*'], async () => ({ 'virtualbox/command': 'touch /tmp/pwned' }))
  await endpoint.publish(eventOf('machines', 'create'))
  for (const { name, events, consumers } of await allRights) {
    if (events) await endpoint.provideDurable(events.durable, events.match)
    const heard: string[] = []
    const replies = [
      'powerbus.v1.config.virtualbox-ipmi',
      'powerbus.v1.action.ipmi.poweroff',
      'powerbus.v1.define.slack',
      'powerbus.v1.event.machines.delete.u',
      'powerbus.v1.presence.endpoint.endpoint.one',
      'powerbus.v1.who',
      '_INBOX.endpoint.x.y',
      '$JS.API.STREAM.PURGE.POWERBUS_EVENTS',
      '$JS.API.STREAM.MSG.DELETE.POWERBUS_EVENTS',
      '$JS.API.STREAM.DELETE.POWERBUS_EVENTS',
      '$JS.API.CONSUMER.DURABLE.CREATE.POWERBUS_EVENTS.evil',
      '$JS.API.STREAM.CREATE.EVIL',
      'powerbus.v1.js.STREAM.PURGE.POWERBUS_EVENTS',
    ]
    const watching = replies.map((subject) => admin.subscribe(subject, { callback: () => void heard.push(subject) }))
    await admin.flush()
    const before = await stateOf(admin)
    const service = await connectAs(t, server, name, `_INBOX.${name}`)
    const attack = '{"virtualbox/command":"touch /tmp/pwned","name":"EVIL","stream_name":"POWERBUS_EVENTS"}'
    for (const reply of replies) {
      service.publish(`powerbus.v1.event.${name}.audit.x`, attack, { reply })
      service.publish(`powerbus.v1.event.${name}.audit.x`, '', { reply })
      service.publish(`powerbus.v1.log.${name}`, attack, { reply })
      service.publish('powerbus.v1.js.STREAM.INFO.POWERBUS_EVENTS', '', { reply })
      for (const consumer of consumers) {
        service.publish(`powerbus.v1.js.CONSUMER.MSG.NEXT.POWERBUS_EVENTS.${consumer}`, '{"batch":50}', { reply })
        service.publish(`powerbus.v1.js.CONSUMER.INFO.POWERBUS_EVENTS.${consumer}`, '', { reply })
      }
      await service.flush()
    }
    // An answer to a question after all of these.
    const asked = 'powerbus.v1.js.STREAM.INFO.POWERBUS_EVENTS'
    await service.request(asked, '', { timeout: 5000, noMux: true, reply: `_INBOX.${name}.asked` })
    await admin.flush()
    t.same(heard, [], name)
    const { state, names } = await stateOf(admin)
    t.equal(state.messages, before.state.messages + 2 * replies.length, `${name} deletes nothing`)
    t.equal(state.first_seq, before.state.first_seq)
    t.same(names, ['POWERBUS_DEAD', 'POWERBUS_EVENTS'])
    for (const watch of watching) watch.unsubscribe()
  }
})

interface StreamState {
  readonly state: { readonly messages: number; readonly first_seq: number }
  readonly names: readonly string[]
}

async function stateOf(admin: NatsConnection): Promise<StreamState> {
  const ask = async (call: string) => (await admin.request(`${API}${call}`, '', { timeout: 5000 })).json()
  const { state } = (await ask('STREAM.INFO.POWERBUS_EVENTS')) as StreamState
  const { streams } = (await ask('STREAM.NAMES')) as { streams: string[] }
  return { state, names: streams.toSorted() }
}

test('each service does its work with these rights: config, actions, events, dead letters, log, presence', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await busAs(t, server, 'endpoint')
  const logs: unknown[] = []
  await endpoint.bus.serve(['log', '*'], async ({ subject, body }) => void logs.push([subject[1], body]))
  const seen: string[] = []
  await endpoint.bus.subscribe({ durable: 'all', match: [everyEvent] }, async ({ id }) => void seen.push(id))
  for (const { name, events } of await allRights) {
    const { bus, notices } = await busAs(t, server, name)
    await bus.serve(['define', name], async () => ({ Name: name }))
    await bus.serve(['config', name], async ({ body }) => ({ got: body }), { group: 'config-one' })
    const replica = await busAs(t, server, name)
    await replica.bus.serve(['config', name], async ({ body }) => ({ got: body }), { group: 'config-two' })
    await bus.serve(['action', name, '*'], async ({ subject }) => ({ subject }))
    await bus.announce({ kind: 'plugin', name, instance: 'one', version: '1.0.0' })
    const asked = { timeoutMs: 5000 }
    t.same(await endpoint.bus.request(['define', name], {}, asked), { Name: name })
    t.same(await endpoint.bus.request(['config', name], { a: 1 }, asked), { got: { a: 1 } })
    const action = ['action', name, 'poweron']
    t.same(await endpoint.bus.request(action, {}, asked), { subject: action })
    await bus.request(['log', name], { line: name }, asked)
    t.same(logs.at(-1), [name, { line: name }])
    const own = [eventOf(name, 'audit', `own-${name}`), eventOf('requests', 'lost', `lost-${name}`)]
    for (const event of own) await bus.publish(event, asked)
    await waitUntil('its events', () => own.every(({ id }) => seen.includes(id)))
    await waitUntil('it to be present', async () =>
      (await endpoint.bus.present('plugin')).some((one) => one.name === name),
    )
    if (events) {
      const handled: string[] = []
      await endpoint.bus.provideDurable(events.durable, events.match)
      const options = { ...events, deliveriesMax: 2, backoffMs: [10] }
      await bus.subscribe(options, async ({ id }) => {
        if (id.startsWith('bad')) throw new Error('not this one')
        handled.push(id)
      })
      const given = ['good', 'bad'].map((id) => eventOf('machines', 'create', `${id}-${name}`))
      for (const event of given) await endpoint.bus.publish(event)
      await waitUntil('the event', () => handled.includes(`good-${name}`))
      const letters = () => endpoint.bus.deadLetters(events.durable)
      await waitUntil('the dead letter', async () => (await letters()).length === 1)
      t.equal((await bus.deadLetters(events.durable)).length, 1)
      t.match((await bus.figures()).subscriptions, [{ durable: events.durable, dead: 1 }])
    }
    t.same([...notices, ...replica.notices], [], `${name} is refused nothing`)
  }
  t.same(endpoint.notices, [])
})
