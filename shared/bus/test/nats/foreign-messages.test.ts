import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { startNatsServer, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { everyEvent, type Presence } from '../../src/index.ts'
import { DEAD_STREAM, EVENTS_STREAM } from '../../src/nats/nats-names.ts'
import { busFor, eventWith } from '../fixtures/test-bus.ts'

const CONFIG = 'powerbus.v1.config.virtualbox-ipmi'
const attack = JSON.stringify({ 'virtualbox/command': 'touch /tmp/pwned' })

/** A server without any rights, a bus, and somebody who speaks NATS. */
async function stage(t: Test) {
  const { url } = await startNatsServer(t)
  const notices: string[] = []
  const bus = await busFor(t, { url, onNotice: (message) => notices.push(message) })
  const client = await connect({ servers: url })
  t.teardown(() => client.close())
  return { url, bus, notices, client, manager: await jetstreamManager(client) }
}

test('an event that a push consumer delivers to the subject of a request is not taken for one', async (t) => {
  const { bus, notices, client, manager } = await stage(t)
  const taken: unknown[] = []
  // nats-server 2.9 binds no consumer to a subscription with a wildcard, as that of actions is.
  const served = ['config', 'define', 'log'].map((verb) => [verb, 'virtualbox-ipmi'])
  for (const subject of served) {
    await bus.serve(subject, async ({ body }) => void taken.push(body), { group: 'config-one' })
    const target = `powerbus.v1.${subject.join('.')}`
    await manager.consumers.add(EVENTS_STREAM, {
      durable_name: `evil-${subject[0]}`,
      ack_policy: AckPolicy.Explicit,
      deliver_subject: target,
      deliver_group: 'config-one',
      filter_subject: 'powerbus.v1.event.slack.>',
    })
  }
  client.publish('powerbus.v1.event.slack.audit.x', attack)
  await waitUntil('all three to be delivered', async () => {
    const infos = await Promise.all(served.map(([verb]) => manager.consumers.info(EVENTS_STREAM, `evil-${verb}`)))
    return infos.every(({ delivered }) => delivered.consumer_seq >= 1)
  })
  await waitUntil('the notice', () => notices.some((text) => text.includes('ignored')))
  t.match(notices.join(), /powerbus\.v1\.event\.slack\.audit\.x/)
  t.same(await bus.request(['config', 'virtualbox-ipmi'], { good: 1 }, { timeoutMs: 5000 }), null)
  t.same(taken, [{ good: 1 }])
})

test('what the server answers to a reply subject that is a request is not taken for one', async (t) => {
  const { bus, client, manager } = await stage(t)
  const taken: unknown[] = []
  await bus.serve(['config', 'virtualbox-ipmi'], async ({ body }) => void taken.push(body))
  await manager.streams.update(DEAD_STREAM, { allow_direct: true })
  await manager.consumers.add(EVENTS_STREAM, { durable_name: 'mine', ack_policy: AckPolicy.Explicit })
  const seen: string[] = []
  client.subscribe(CONFIG, { callback: (_error, message) => void seen.push(message.string()) })
  const send = (subject: string, body: string) => client.publish(subject, body, { reply: CONFIG })
  client.publish('powerbus.v1.dead.x', attack)
  send('powerbus.v1.event.slack.audit.x', attack)
  send(`$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.mine`, '')
  send(`$JS.API.DIRECT.GET.${DEAD_STREAM}`, '{"seq":1}')
  send(`$JS.API.STREAM.MSG.GET.${DEAD_STREAM}`, '{"seq":1}')
  send(`$JS.API.CONSUMER.INFO.${EVENTS_STREAM}.mine`, '')
  await waitUntil('all of them', () => seen.length === 5)
  await bus.serve(['action', 'virtualbox-ipmi', '*'], async ({ body }) => void taken.push(body))
  client.publish('powerbus.v1.event.slack.audit.x', attack, { reply: 'powerbus.v1.action.virtualbox-ipmi.createVm' })
  await client.flush()
  await bus.request(['config', 'virtualbox-ipmi'], 'good', { timeoutMs: 5000 })
  t.same(taken, ['good'])
})

test('a server answers to inboxes only: an answer to the subject of another request would be one', async (t) => {
  const { bus, client } = await stage(t)
  const taken: unknown[] = []
  await bus.serve(['log', '*'], async ({ body }) => body)
  await bus.serve(['config', 'virtualbox-ipmi'], async ({ body }) => void taken.push(body))
  const seen: string[] = []
  client.subscribe(CONFIG, { callback: (_error, message) => void seen.push(message.string()) })
  for (const reply of [CONFIG, `$JS.API.STREAM.PURGE.${EVENTS_STREAM}`]) {
    client.publish('powerbus.v1.log.slack', attack, { reply })
    client.publish('$SRV.PING', '', { reply })
  }
  await client.flush()
  await bus.request(['config', 'virtualbox-ipmi'], 'good', { timeoutMs: 5000 })
  await waitUntil('the good one', () => seen.length > 0)
  t.same([seen, taken], [['"good"'], ['good']])
})

test('an event on the subject of another is given to nobody', async (t) => {
  const { bus, client, notices } = await stage(t)
  const seen: string[] = []
  await bus.subscribe({ durable: 'all', match: [everyEvent] }, async ({ id }) => void seen.push(`taken ${id}`))
  await bus.watch({ match: [everyEvent] }, ({ id }) => void seen.push(`watched ${id}`))
  const forged = eventWith({ Type: 'machines', Action: 'delete', Key: 'u' })
  for (const subject of ['slack.audit.x', 'machines.delete.other', 'machines.create.u', 'machines.delete.u.v']) {
    const head = headers()
    head.set('Nats-Msg-Id', subject)
    client.publish(`powerbus.v1.event.${subject}`, JSON.stringify({ ...forged, id: subject }), { headers: head })
  }
  client.publish('powerbus.v1.event.machines.delete.u', '{"stream":"POWERBUS_EVENTS","seq":1}')
  await client.flush()
  const good = eventWith({ Type: 'a/b', Action: 'ä.*', Key: '' })
  await bus.publish(good)
  await waitUntil('the good one', () => seen.length >= 2)
  t.same(seen.toSorted(), [`taken ${good.id}`, `watched ${good.id}`])
  t.equal(notices.length, 2, 'one notice of each, however many there are')
})

test('a heartbeat counts on its own subject only: nobody announces or ends another', async (t) => {
  const { bus, url, client } = await stage(t)
  const real: Presence = { kind: 'plugin', name: 'ipmi', instance: 'one', version: '1' }
  await (await busFor(t, { url })).announce(real)
  await waitUntil('it to be there', async () => (await bus.present()).length === 1)
  const subject = 'powerbus.v1.presence.plugin.slack.one'
  client.publish(subject, JSON.stringify({ presence: real, ttlMs: 15_000, gone: true }))
  client.publish(subject, JSON.stringify({ presence: { ...real, name: 'packet-ipmi' }, ttlMs: 15_000 }))
  client.publish(subject, JSON.stringify({ presence: { ...real, name: 'slack' }, ttlMs: 15_000 }))
  await waitUntil('slack', async () => (await bus.present()).length > 1)
  t.same(
    (await bus.present()).map(({ name }) => name),
    ['ipmi', 'slack'],
  )
})
