import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { startNatsServer } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { NatsDeadLetters } from '../../src/nats/nats-dead-letters.ts'
import { busFor } from '../fixtures/test-bus.ts'

interface Subscriber {
  readonly connection: NatsConnection
  readonly letters: NatsDeadLetters
  readonly notices: readonly string[]
}

async function subscriberOf(t: Test, options: Parameters<typeof connect>[0]): Promise<Subscriber> {
  const connection = await connect(options)
  t.teardown(() => connection.close())
  const manager = await jetstreamManager(connection, { timeout: 1000, checkAPI: false })
  const notices: string[] = []
  const letters = new NatsDeadLetters(connection, manager, (message) => notices.push(message))
  return { connection, letters, notices }
}

test('a call that ended, well or not, may be made again; after one that never ended the next is not made', async (t) => {
  const { url } = await startNatsServer(t)
  const bus = await busFor(t, { url })
  const [first, second] = [await subscriberOf(t, { servers: url }), await subscriberOf(t, { servers: url })]
  let calls = 0
  const count = async () => {
    calls += 1
  }
  t.equal(await first.letters.runMarked('all', '7-1000', count), true)
  const failing = async () => {
    throw new Error('not yet')
  }
  await t.rejects(second.letters.runMarked('all', '7-1000', failing), { message: 'not yet' })
  t.equal(await first.letters.runMarked('all', '7-1000', count), true)
  let begun: () => void = () => undefined
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve
  })
  const hanging = first.letters.runMarked('all', '7-1000', async () => {
    begun()
    await first.connection.closed()
  })
  await hasBegun
  t.equal(await second.letters.runMarked('all', '8-1000', count), true, 'another event')
  t.equal(await second.letters.runMarked('other', '7-1000', count), true, 'another name')
  await first.connection.close()
  await hanging
  t.equal(await second.letters.runMarked('all', '7-1000', count), false)
  t.equal(await second.letters.runMarked('all', '7-2000', count), true, 'that number in a stream made anew')
  t.equal(calls, 5)
  t.same(await bus.deadLetters('all'), [], 'a mark is no dead letter')
  t.same([...first.notices, ...second.notices], [])
})

test('a user who may not make marks makes the call without one', async (t) => {
  const users = '{ user: all, password: x }, { user: few, password: x, permissions: { publish: ["$JS.API.INFO"] } }'
  const { url } = await startNatsServer(t, { configuration: `authorization { users: [ ${users} ] }` })
  await busFor(t, { url, user: 'all', password: 'x' })
  const { letters, notices } = await subscriberOf(t, { servers: url, user: 'few', pass: 'x' })
  let calls = 0
  const count = async () => {
    calls += 1
  }
  for (let round = 0; round < 2; round += 1) t.equal(await letters.runMarked('all', '7-1000', count), true)
  t.equal(calls, 2)
  t.equal(notices.length, 2)
})
