import { deepEqual, equal, match } from 'node:assert/strict'
import { allOf, aWhile, type ConformanceCase, eventOf, newGate, until } from './world.ts'

export const failureCases: readonly ConformanceCase[] = [
  {
    name: 'a delivery that fails is followed by another, before the next event of its key, while other keys go on',
    async run({ bus, name }) {
      const seen: string[] = []
      const others = newGate()
      const subscription = await bus.subscribe(
        allOf(name, { backoffMs: [200, 20] }),
        async ({ Key, Object: payload }, { deliveries }) => {
          seen.push(`${Key}${(payload as { n: number }).n} ${deliveries}`)
          if (Key === 'b') others.open()
          else if (deliveries < 3) throw new Error('not yet')
          else await others.opened
        },
      )
      await bus.publish(eventOf(name, { Key: 'a', Object: { n: 1 } }))
      await bus.publish(eventOf(name, { Key: 'a', Object: { n: 2 } }))
      await bus.publish(eventOf(name, { Key: 'b', Object: { n: 3 } }))
      await until('seven deliveries', () => seen.length >= 7)
      await aWhile()
      deepEqual(
        seen.filter((text) => text.startsWith('a')),
        ['a1 1', 'a1 2', 'a1 3', 'a2 1', 'a2 2', 'a2 3'],
      )
      equal(seen.indexOf('b3 1') < seen.indexOf('a2 1'), true)
      await subscription.stop()
    },
  },
  {
    name: 'a poisonous event becomes a dead letter after its deliveries, and the rest goes on',
    async run({ bus, peer, name }) {
      const seen: string[] = []
      let isCured = false
      const poison = eventOf(name, { Key: 'poison', Object: { bad: true } })
      const options = allOf(name, { deliveriesMax: 3 })
      const handler = async ({ id }: { id: string }) => {
        seen.push(id)
        if (id === poison.id && !isCured) throw new Error('cannot digest this')
      }
      const subscription = await bus.subscribe(options, handler)
      const other = await bus.subscribe({ ...options, durable: `${name}-other` }, async () => undefined)
      await peer.publish(poison, { requestId: 'request-2' })
      const next = eventOf(name, { Key: 'poison' })
      await peer.publish(next)
      await until('the next one of its key', () => seen.includes(next.id))
      deepEqual(seen, [poison.id, poison.id, poison.id, next.id])
      const letters = await peer.deadLetters(name)
      deepEqual(
        letters.map(({ event, reason, deliveries, requestId }) => ({ event, reason, deliveries, requestId })),
        [{ event: poison, reason: 'cannot digest this', deliveries: 3, requestId: 'request-2' }],
      )
      match(letters[0]?.time ?? '', /^\d{4}-\d\d-\d\dT/)
      deepEqual(await bus.deadLetters(`${name}-other`), [])
      isCured = true
      equal(await bus.retryDeadLetter(name, 'nobody'), false)
      equal(await bus.retryDeadLetter(name, poison.id), true)
      await until('it to be handled', () => seen.length === 5)
      equal(seen.at(-1), poison.id)
      deepEqual(await bus.deadLetters(name), [])
      const figures = (await bus.figures()).subscriptions.find(({ durable }) => durable === name)
      deepEqual([figures?.handled, figures?.failed, figures?.dead], [2, 3, 1])
      await subscription.stop()
      await other.stop()
    },
  },
  {
    name: 'a dead letter that is tried again goes to its own name only, and may be dropped instead',
    async run({ bus, name }) {
      const others: string[] = []
      const options = allOf(name, { deliveriesMax: 1 })
      const subscription = await bus.subscribe(options, async () => {
        throw new Error('never')
      })
      const other = await bus.subscribe(
        { ...options, durable: `${name}-other` },
        async ({ id }) => void others.push(id),
      )
      const watch = await bus.watch({ match: options.match }, ({ id }) => void others.push(id))
      const [first, second] = [eventOf(name), eventOf(name, { Key: 'second' })]
      await bus.publish(first)
      await until('a dead letter', async () => (await bus.deadLetters(name)).length === 1)
      await bus.publish(second)
      await until('two dead letters', async () => (await bus.deadLetters(name)).length === 2)
      equal(await bus.dropDeadLetter(name, second.id), true)
      equal(await bus.dropDeadLetter(name, second.id), false)
      equal(await bus.retryDeadLetter(name, first.id), true)
      const failed = async () => (await bus.figures()).subscriptions.find(({ durable }) => durable === name)?.dead
      await until('it to fail again', async () => (await failed()) === 3)
      deepEqual(
        (await bus.deadLetters(name)).map(({ event }) => event.id),
        [first.id],
      )
      await aWhile()
      deepEqual(others.toSorted(), [first.id, first.id, second.id, second.id].toSorted())
      await subscription.stop()
      await other.stop()
      await watch.stop()
    },
  },
  {
    name: 'a delivery that takes too long has failed, and its signal ends',
    async run({ bus, name }) {
      let ended = 0
      const seen: number[] = []
      const subscription = await bus.subscribe(
        allOf(name, { timeoutMs: 50, concurrency: 1 }),
        async (_, { deliveries, signal }) => {
          seen.push(deliveries)
          if (deliveries > 1) return
          signal.addEventListener('abort', () => {
            ended += 1
          })
          await new Promise(() => undefined)
        },
      )
      await bus.publish(eventOf(name))
      await until('a second delivery', () => seen.length === 2)
      equal(ended, 1)
      deepEqual(seen, [1, 2])
      await subscription.stop()
    },
  },
]
