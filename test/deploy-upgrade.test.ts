import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { connectBus, everyEvent } from '@powerbus/bus'
import { freeTcpPort, startProcess, type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { layOutNats, makeSecrets } from './deployed-servers.ts'

/** What the landed configuration was: one account, in which the services could make consumers. */
const landed = (data: string) => `
  jetstream { store_dir: ${JSON.stringify(data)}, max_file_store: 8GB }
  accounts { POWERBUS { jetstream { max_mem: 64MB, max_file: 8GB }, users: [ { user: slack, password: slack } ] } }`

/** The consumer that landed builds made for slack. */
const name = 'plugin-slack=2af21bd2045d'
const description = '{"durable":"plugin-slack","after":[]}'

async function startServer(scope: TestScope, configuration: string) {
  const port = await freeTcpPort()
  const places = ['--port', `${port}`, '--http_port', `${await freeTcpPort()}`]
  const child = await startProcess(scope, 'nats-server', ['--config', configuration, ...places])
  await child.waitForOutput(/Server is ready/, { stream: 'stderr' })
  return { url: `nats://127.0.0.1:${port}`, child }
}

function publish(client: NatsConnection, n: number): void {
  const event = { id: `event-${n}`, Time: '2026-01-02T03:04:05Z', Type: 'machines', Action: 'create', Key: `${n}` }
  const head = headers()
  head.set('Nats-Msg-Id', event.id)
  const body = JSON.stringify({ ...event, Principal: '', Object: null, Original: null })
  client.publish(`powerbus.v1.event.machines.create.${n}`, body, { headers: head })
}

test('what a landed build left with its consumer is handled once under the committed configuration', async (t) => {
  const secrets = await makeSecrets(t)
  const configuration = layOutNats(t, secrets)
  const before = join(dirname(configuration), 'landed.conf')
  writeFileSync(before, landed(join(dirname(configuration), 'data')))
  const old = await startServer(t, before)
  const client = await connect({ servers: old.url, user: 'slack', pass: 'slack' })
  const api = async (call: string, body: unknown) => {
    const answer = await client.request(`$JS.API.${call}`, JSON.stringify(body), { timeout: 5000 })
    t.notOk(answer.json<{ error?: unknown }>().error, call)
  }
  await api('STREAM.CREATE.POWERBUS_EVENTS', { name: 'POWERBUS_EVENTS', subjects: ['powerbus.v1.event.>'] })
  await api('STREAM.CREATE.POWERBUS_DEAD', { name: 'POWERBUS_DEAD', subjects: ['powerbus.v1.dead.>'] })
  await api(`CONSUMER.DURABLE.CREATE.POWERBUS_EVENTS.${name}`, {
    stream_name: 'POWERBUS_EVENTS',
    config: {
      durable_name: name,
      description,
      ack_policy: 'explicit',
      ack_wait: 1_000_000_000,
      deliver_policy: 'new',
      filter_subject: 'powerbus.v1.event.*.*.*',
      max_deliver: -1,
    },
  })
  for (let n = 0; n < 8; n += 1) publish(client, n)
  await client.flush()
  const next = `$JS.API.CONSUMER.MSG.NEXT.POWERBUS_EVENTS.${name}`
  // Of the first four, one is left open.
  for (let n = 0; n < 4; n += 1) {
    const message = await client.request(next, '', { timeout: 5000, noMux: true })
    if (n !== 2) await client.request(message.reply ?? '', '+ACK', { timeout: 5000 })
  }
  await client.close()
  old.child.kill('SIGTERM')
  await old.child.exited

  const { url } = await startServer(t, configuration)
  const busAs = async (user: string) => {
    const password = readFileSync(join(secrets, `nats-${user}.password`), 'utf8')
    const bus = await connectBus({ url, user, password, name: user })
    t.teardown(() => bus.close())
    return bus
  }
  const endpoint = await busAs('endpoint')
  t.ok(await endpoint.provideDurable('plugin-slack', [everyEvent]))
  const slack = await busAs('slack')
  const seen: string[] = []
  await slack.subscribe({ durable: 'plugin-slack', match: [everyEvent] }, async ({ id }) => void seen.push(id))
  const wanted = ['event-2', ...[4, 5, 6, 7].map((n) => `event-${n}`), 'event-8']
  const fields = { Type: 'machines', Action: 'create', Key: '8', Principal: '', Object: null, Original: null }
  await endpoint.publish({ id: 'event-8', Time: '2026-01-02T03:04:05Z', ...fields })
  await waitUntil('all that was open', () => wanted.every((id) => seen.includes(id)), { timeoutMs: 40_000 })
  t.same(seen.toSorted(), wanted, 'each once')
})
