import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type Bus, type BusEvent, connectBus } from '@powerbus/bus'
import { endScope, openScope, startNatsServer, type TestScope, tempFolder } from '@powerbus/testkit'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

/** Publishers that wait for each event to be durable before the next one. */
const PUBLISHERS = 64
const DEADLINE_MS = 120_000

let number = 0

function nextEvent(Type: string): BusEvent {
  number += 1
  const Time = new Date().toISOString()
  const payload = { Uuid: `machine-${number % 200}`, Name: 'node', Params: { 'ipmi/address': '192.0.2.1' } }
  const rest = { Principal: 'user:bench', Object: payload, Original: payload }
  return { id: `${process.pid}-${number}`, Time, Type, Action: 'update', Key: `machine-${number % 200}`, ...rest }
}

/** Publishes so many side by side; gives events per second from the first publish to the last one handled. */
async function rate(count: number, allHandled: Promise<void>, publish: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  let left = count
  const publisher = async () => {
    for (; left > 0; ) {
      left -= 1
      await publish()
    }
  }
  await Promise.all(Array.from({ length: PUBLISHERS }, publisher))
  await allHandled
  return count / ((performance.now() - begin) / 1000)
}

function countdown(count: number): { one: () => void; all: Promise<void> } {
  let left = count
  let one = () => undefined as undefined
  const all = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${left} of ${count} events were not handled`)), DEADLINE_MS)
    one = () => {
      left -= 1
      if (left > 0) return
      clearTimeout(timer)
      resolve()
    }
  })
  return { one: () => one(), all }
}

/** Through the bus into one durable subscription. */
async function throughBus(bus: Bus, count: number): Promise<number> {
  const { one, all } = countdown(count)
  const options = { durable: 'bench', match: [{ Type: 'bench', Action: '*', Key: '*' }] }
  const subscription = await bus.subscribe(options, async () => one())
  const result = await rate(count, all, () => bus.publish(nextEvent('bench')))
  await subscription.stop()
  return result
}

/** The floor: the plain client, a stream like ours, one durable consumer, each message acknowledged, nothing else. */
async function plainClient(url: string, count: number, round: number): Promise<number> {
  const connection = await connect({ servers: url })
  const manager = await jetstreamManager(connection)
  const client = jetstream(connection)
  const stream = `PLAIN_${round}`
  await manager.streams.add({ name: stream, subjects: [`plain${round}.>`] })
  await manager.consumers.add(stream, { durable_name: 'bench', max_ack_pending: 20_000 })
  const { one, all } = countdown(count)
  const messages = await (await client.consumers.get(stream, 'bench')).consume({
    callback: (message) => {
      message.json()
      message.ack()
      one()
    },
  })
  const result = await rate(count, all, () => {
    const event = nextEvent('plain')
    return client.publish(`plain${round}.update.${event.Key}`, JSON.stringify(event), { msgID: event.id })
  })
  await messages.close()
  await manager.streams.delete(stream)
  await connection.close()
  return result
}

async function compare(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 5000)
  const rounds = numberOption('rounds', 5)
  const { url } = await startNatsServer(scope)
  const open = async (options: { url?: string; folder?: string }) => {
    const bus = await connectBus({ name: 'bench', ...options })
    scope.teardown(() => bus.close({ timeoutMs: 1000 }))
    return bus
  }
  const memory = await open({})
  const embedded = await open({ folder: join(tempFolder(scope), 'bus') })
  const nats = await open({ url })
  const runs: { memory: number; embedded: number; nats: number; plain: number }[] = []
  for (let round = -1; round < rounds; round++) {
    const run = {
      memory: await throughBus(memory, count),
      embedded: await throughBus(embedded, count),
      nats: await throughBus(nats, count),
      plain: await plainClient(url, count, round + 1),
    }
    // The first one compiles and learns.
    if (round >= 0) runs.push(run)
  }
  const of = (name: keyof (typeof runs)[number]) => rounded(median(runs.map((run) => run[name])), 0)
  return {
    events: count,
    rounds,
    'in memory, events per s': of('memory'),
    'with a journal, events per s': of('embedded'),
    'NATS, events per s': of('nats'),
    'plain NATS client, events per s': of('plain'),
    'NATS ratio to the plain client': rounded(median(runs.map((run) => run.nats / run.plain))),
    'journal ratio to the plain client': rounded(median(runs.map((run) => run.embedded / run.plain))),
  }
}

await report('bus: from publish into a handler, 64 publishers that wait for durability', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
