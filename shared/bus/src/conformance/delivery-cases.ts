import { deepEqual, equal, ok } from 'node:assert/strict'
import type { BusEvent } from '../bus-event.ts'
import { allOf, aWhile, type ConformanceCase, eventOf, newGate, until } from './world.ts'

export const deliveryCases: readonly ConformanceCase[] = [
  {
    name: 'events of one key come in order and one at a time, other keys beside them, never more than allowed',
    async run({ bus, name }) {
      const order = new Map<string, number[]>()
      const running = new Set<string>()
      let most = 0
      let overlaps = 0
      const subscription = await bus.subscribe(allOf(name, { concurrency: 4 }), async ({ Key, Object: payload }) => {
        if (running.has(Key)) overlaps += 1
        running.add(Key)
        most = Math.max(most, running.size)
        await new Promise((resolve) => setTimeout(resolve, 2))
        running.delete(Key)
        order.set(Key, [...(order.get(Key) ?? []), (payload as { n: number }).n])
      })
      for (let n = 0; n < 20; n += 1) {
        for (let key = 0; key < 8; key += 1) await bus.publish(eventOf(name, { Key: `${key}`, Object: { n } }))
      }
      await until('all', () => [...order.values()].flat().length === 160)
      equal(overlaps, 0)
      ok(most <= 4 && most > 1, `${most} at a time`)
      for (const numbers of order.values()) deepEqual(numbers, [...Array(20).keys()])
      await subscription.stop()
    },
  },
  {
    name: 'a slow subscription holds up neither another one nor a publisher, and keeps its own',
    async run({ bus, peer, name }) {
      const gate = newGate()
      const slow = new Set<string>()
      const quick = new Set<string>()
      const match = allOf(name).match
      const subscriptions = [
        await peer.subscribe(allOf(`${name}-slow`, { match, concurrency: 1, inFlight: 5 }), async ({ id }) => {
          await gate.opened
          slow.add(id)
        }),
        await bus.subscribe(allOf(`${name}-quick`, { match }), async ({ id }) => void quick.add(id)),
      ]
      const events = Array.from({ length: 300 }, (_, n) => eventOf(name, { Key: `${n % 50}` }))
      await Promise.all(events.map((event) => bus.publish(event)))
      await until('the quick one to have all', () => quick.size === 300)
      equal(slow.size, 0)
      const held = async () => (await peer.figures()).subscriptions.find(({ durable }) => durable === `${name}-slow`)
      await until('the slow one to hold five', async () => (await held())?.held === 5)
      ok(((await held())?.lag ?? 0) > 0)
      gate.open()
      await until('the slow one to have all', () => slow.size === 300)
      for (const subscription of subscriptions) await subscription.stop()
    },
  },
  {
    name: 'subscriptions of one name share its events, and the one that stays gets what the other leaves',
    async run({ bus, peer, name }) {
      const seen: string[][] = [[], []]
      const take =
        (which: number) =>
        async ({ id }: BusEvent) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          seen[which]?.push(id)
        }
      const limits = { concurrency: 2, inFlight: 4 }
      const first = await bus.subscribe(allOf(name, limits), take(0))
      const second = await peer.subscribe(allOf(name, limits), take(1))
      const events = Array.from({ length: 60 }, (_, n) => eventOf(name, { Key: `${n}` }))
      for (const event of events) await bus.publish(event)
      await until('both to have some', () => seen.every((ids) => ids.length > 0))
      await first.stop()
      await until('all', () => new Set(seen.flat()).size === 60)
      await aWhile()
      deepEqual(seen.flat().toSorted(), events.map(({ id }) => id).toSorted())
      await second.stop()
    },
  },
  {
    name: 'new patterns replace those of the name: nothing is lost or handled twice, and earlier subscriptions stand by until the newer have gone',
    async run({ bus, peer, name }) {
      const seen: Record<string, string[]> = { old: [], new: [] }
      const gate = newGate()
      const pattern = (Action: string) => ({ Type: name, Action, Key: '*' })
      const oldOnes = allOf(name, { match: [pattern('create')], aliveMs: 500 })
      const newOnes = allOf(name, { match: [pattern('create'), pattern('delete')], aliveMs: 500 })
      const publish = async (Action: string, count: number) => {
        const events = Array.from({ length: count }, (_, n) => eventOf(name, { Action, Key: `${n}` }))
        for (const event of events) await bus.publish(event)
        return events.map(({ id }) => id)
      }
      const first = await bus.subscribe(oldOnes, async ({ id, Key }) => {
        if (Key === '0') await gate.opened
        seen.old?.push(id)
      })
      const early = await publish('create', 10)
      await until('nine of ten', () => seen.old?.length === 9)
      const second = await peer.subscribe(newOnes, async ({ id }) => void seen.new?.push(id))
      const foreign = await publish('update', 20)
      const late = [...(await publish('create', 20)), ...(await publish('delete', 20))]
      await until('the second to have all that is new', () => late.every((id) => seen.new?.includes(id)))
      gate.open()
      await until('the first to end what it held', () => seen.old?.length === 10)
      await aWhile()
      deepEqual(seen.old?.toSorted(), early.toSorted(), 'the first has what it was given, once')
      deepEqual(seen.new?.toSorted(), late.toSorted(), 'the second has the rest, once')
      await second.stop()
      const again = await publish('create', 5)
      await until('the first to have what it takes', () => again.every((id) => seen.old?.includes(id)))
      await first.stop()
      const third = await peer.subscribe(newOnes, async ({ id }) => void seen.new?.push(id))
      const last = await publish('delete', 5)
      await until('the third to have the rest', () => last.every((id) => seen.new?.includes(id)))
      await aWhile()
      deepEqual(Object.values(seen).flat().toSorted(), [...early, ...late, ...again, ...last].toSorted(), 'each once')
      ok(!foreign.some((id) => Object.values(seen).flat().includes(id)), 'what none takes is given to none')
      deepEqual(await bus.deadLetters(name), [])
      await third.stop()
    },
  },
  {
    name: 'a stop waits for the handlers that run, begins nothing new, and the rest is kept',
    async run({ bus, name }) {
      const gate = newGate()
      const begun: string[] = []
      const ended: string[] = []
      const subscription = await bus.subscribe(allOf(name, { concurrency: 1 }), async ({ id }) => {
        begun.push(id)
        await gate.opened
        ended.push(id)
      })
      const events = [eventOf(name), eventOf(name), eventOf(name, { Key: 'other' })]
      for (const event of events) await bus.publish(event)
      await until('one to begin', () => begun.length === 1)
      let stopped = false
      const stopping = subscription.stop().then(() => {
        stopped = true
      })
      await aWhile()
      equal(stopped, false)
      gate.open()
      await stopping
      deepEqual([begun.length, ended.length], [1, 1])
      const next = await bus.subscribe(allOf(name), async ({ id }) => void ended.push(id))
      await until('the rest', () => ended.length >= 3)
      await aWhile()
      deepEqual(ended.toSorted(), events.map(({ id }) => id).toSorted())
      await next.stop()
    },
  },
  {
    name: 'a stop that has waited long enough ends the signal, and the event goes to the next one',
    async run({ bus, name }) {
      let aborted = false
      let begun = false
      const subscription = await bus.subscribe(allOf(name), async (_, { signal }) => {
        begun = true
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        aborted = true
      })
      const event = eventOf(name)
      await bus.publish(event)
      await until('it to begin', () => begun)
      await subscription.stop({ timeoutMs: 50 })
      const seen: string[] = []
      const next = await bus.subscribe(allOf(name), async ({ id }) => void seen.push(id))
      await until('the next one to have it', () => seen.length === 1)
      equal(aborted, false)
      deepEqual(seen, [event.id])
      await next.stop()
    },
  },
]
