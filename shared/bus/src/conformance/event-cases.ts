import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { jsonText, readJson } from '@powerbus/store'
import type { BusEvent } from '../bus-event.ts'
import { allOf, aWhile, type ConformanceCase, eventOf, newGate, until } from './world.ts'

export const eventCases: readonly ConformanceCase[] = [
  {
    name: 'an event reaches every durable name that matches, as it was, with its request id',
    async run({ bus, peer, name }) {
      const seen: { event: BusEvent; requestId: string | undefined }[] = []
      const handler = async (event: BusEvent, { requestId }: { requestId: string | undefined }) => {
        seen.push({ event, requestId })
      }
      const subscriptions = await Promise.all([
        bus.subscribe(allOf(`${name}-1`, { match: allOf(name).match }), handler),
        peer.subscribe(allOf(`${name}-2`, { match: allOf(name).match }), handler),
      ])
      const payload = { a: [1, null, { 'ä.b *': '\u0000"\ud83d\ude00' }], empty: {} }
      const event = eventOf(name, { Object: payload, Original: 'text', Key: 'ipmi/a.b *> ä' })
      await bus.publish(event, { requestId: 'request-1' })
      await until('both to have it', () => seen.length >= 2)
      await aWhile()
      deepEqual(seen, [
        { event, requestId: 'request-1' },
        { event, requestId: 'request-1' },
      ])
      for (const subscription of subscriptions) await subscription.stop()
    },
  },
  {
    name: 'a handler may change what it is given without changing what others get',
    async run({ bus, name }) {
      const seen: unknown[] = []
      const event = eventOf(name, { Object: { list: [1] } })
      const handler = async ({ Object: object }: BusEvent) => {
        seen.push(structuredClone(object))
        ;(object as { list: number[] }).list.push(2)
      }
      const subscriptions = [
        await bus.subscribe(allOf(`${name}-1`, { match: allOf(name).match }), handler),
        await bus.subscribe(allOf(`${name}-2`, { match: allOf(name).match }), handler),
      ]
      await bus.publish(event)
      await until('both to have it', () => seen.length === 2)
      deepEqual(seen, [{ list: [1] }, { list: [1] }])
      deepEqual(event.Object, { list: [1] })
      for (const subscription of subscriptions) await subscription.stop()
    },
  },
  {
    name: 'numbers of an event that JSON.parse would change are delivered as they were written',
    async run({ bus, name }) {
      const text = '{"list":[9007199254740993,1e21,-0,1.0]}'
      const seen: unknown[] = []
      const subscription = await bus.subscribe(allOf(name), async (event) => void seen.push(jsonText(event.Object)))
      await bus.publish(eventOf(name, { Object: readJson(text) }))
      await until('the event', () => seen.length === 1)
      deepEqual(seen, [text])
      await subscription.stop()
    },
  },
  {
    name: 'only what one of the patterns takes is delivered',
    async run({ bus, name }) {
      const seen: string[] = []
      const match = [
        { Type: name, Action: 'create', Key: '*' },
        { Type: name, Action: '*', Key: 'a.b' },
        { Type: `${name}-x`, Action: '*', Key: '*' },
      ]
      const subscription = await bus.subscribe(allOf(name, { match }), async ({ Type, Action, Key }) => {
        seen.push(`${Type.slice(name.length)} ${Action} ${Key}`)
      })
      for (const Type of [name, `${name}-x`, `${name}-y`]) {
        for (const Action of ['create', 'delete']) {
          for (const Key of ['a', 'a.b', '']) await bus.publish(eventOf(name, { Type, Action, Key }))
        }
      }
      await until('ten', () => seen.length >= 10)
      await aWhile()
      const own = [' create a', ' create a.b', ' create ', ' delete a.b']
      const other = ['create', 'delete'].flatMap((action) => ['a', 'a.b', ''].map((key) => `-x ${action} ${key}`))
      deepEqual(seen.toSorted(), [...own, ...other].toSorted())
      await subscription.stop()
    },
  },
  {
    name: 'the same id published again is one event, also when it is published at the same time and by another',
    async run({ bus, peer, name }) {
      const seen: string[] = []
      const subscription = await bus.subscribe(allOf(name), async ({ id }) => {
        seen.push(id)
      })
      const event = eventOf(name, { id: `${name} ä/${'x'.repeat(100)}` })
      await Promise.all([bus.publish(event), bus.publish(event), peer.publish(event)])
      await peer.publish(event)
      const last = eventOf(name)
      await bus.publish(last)
      await until('the last', () => seen.includes(last.id))
      await aWhile()
      deepEqual(seen, [event.id, last.id])
      await subscription.stop()
    },
  },
  {
    name: 'a durable name gets what was published while nobody was subscribed, and nothing from before its first time',
    async run({ bus, peer, name }) {
      const seen: string[] = []
      const handler = async ({ id }: BusEvent) => {
        seen.push(id)
      }
      await bus.publish(eventOf(name, { id: `${name}-before` }))
      const first = await bus.subscribe(allOf(name), handler)
      await bus.publish(eventOf(name, { id: `${name}-with` }))
      await until('the first', () => seen.length === 1)
      await first.stop()
      await first.stop()
      await bus.publish(eventOf(name, { id: `${name}-without` }))
      await aWhile()
      deepEqual(seen, [`${name}-with`])
      const second = await peer.subscribe(allOf(name), handler)
      await until('the second', () => seen.length >= 2)
      await aWhile()
      deepEqual(seen, [`${name}-with`, `${name}-without`])
      await second.stop()
    },
  },
  {
    name: 'a forgotten name begins anew',
    async run({ bus, name }) {
      const seen: string[] = []
      const handler = async ({ id }: BusEvent) => {
        seen.push(id)
      }
      await bus.forget(name)
      await (await bus.subscribe(allOf(name), handler)).stop()
      await bus.publish(eventOf(name))
      await bus.forget(name)
      const subscription = await bus.subscribe(allOf(name), handler)
      const last = eventOf(name)
      await bus.publish(last)
      await until('one', () => seen.length >= 1)
      await aWhile()
      deepEqual(seen, [last.id])
      await subscription.stop()
    },
  },
  {
    name: 'a watch sees live events only, and goes on when its handler fails',
    async run({ bus, peer, name }) {
      const seen: string[] = []
      await bus.publish(eventOf(name))
      const watch = await peer.watch({ match: allOf(name).match }, ({ id }) => {
        seen.push(id)
        if (seen.length === 1) throw new Error('a watcher fails')
      })
      const events = [eventOf(name), eventOf(name, { Type: `${name}-other` }), eventOf(name), eventOf(name)]
      for (const event of events) await bus.publish(event)
      await until('three', () => seen.length >= 3)
      await watch.stop()
      await bus.publish(eventOf(name))
      await aWhile()
      deepEqual(
        seen,
        events.filter(({ Type }) => Type === name).map(({ id }) => id),
      )
      equal(watch.dropped, 0)
    },
  },
  {
    name: 'a slow watch loses the oldest that wait, counts them, and holds up nobody',
    async run({ bus, name }) {
      const slow: number[] = []
      const quick: number[] = []
      const gate = newGate()
      const numberOf = (event: BusEvent) => (event.Object as { n: number }).n
      const watches = [
        await bus.watch({ match: allOf(name).match, bufferMax: 10 }, async (event) => {
          slow.push(numberOf(event))
          await gate.opened
        }),
        await bus.watch({ match: allOf(name).match }, (event) => void quick.push(numberOf(event))),
      ]
      for (let n = 0; n < 100; n += 1) await bus.publish(eventOf(name, { Object: { n } }))
      await until('the quick one to have all', () => quick.length === 100)
      await until('89 to be dropped', () => watches[0]?.dropped === 89)
      const { watches: figures } = await bus.figures()
      ok(figures.some(({ buffered, dropped }) => buffered === 10 && dropped === 89))
      gate.open()
      await until('the rest', () => slow.length === 11)
      deepEqual(slow, [0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
      for (const watch of watches) await watch.stop()
    },
  },
  {
    name: 'what is outside the limits is refused',
    async run({ bus, name }) {
      const refused = { code: 'INPUT' }
      const handler = async () => undefined
      await rejects(bus.publish(eventOf(name, { id: '' })), refused)
      await rejects(bus.publish(eventOf(name, { id: 'two\nlines' })), refused)
      await rejects(bus.publish(eventOf(name, { Key: 'x'.repeat(300) })), refused)
      await rejects(bus.publish(eventOf(name, { Object: 'x'.repeat(1024 * 1024) })), refused)
      await rejects(bus.subscribe(allOf('a.b'), handler), refused)
      await rejects(bus.subscribe(allOf(name, { match: [] }), handler), refused)
      const many = Array.from({ length: 500 }, (_, n) => ({ Type: name, Action: '*', Key: `${n}` }))
      await rejects(bus.subscribe(allOf(name, { match: many }), handler), refused)
      await rejects(bus.subscribe(allOf(name, { concurrency: 0 }), handler), refused)
      await rejects(bus.request([name], undefined, { timeoutMs: 1000 }), refused)
      await rejects(bus.request([name], 1, { timeoutMs: 0 }), refused)
    },
  },
]
