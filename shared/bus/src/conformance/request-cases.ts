import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { jsonText, readJson } from '@powerbus/store'
import type { BusRequest } from '../bus.ts'
import { Refusal } from '../bus-error.ts'
import { aWhile, type ConformanceCase, newGate, until } from './world.ts'

export const requestCases: readonly ConformanceCase[] = [
  {
    name: 'a request is answered; subject, body, request id and trace arrive as they were',
    async run({ bus, peer, name }) {
      const parts = ['action', name, 'a.b *> ä\n']
      const seen: Omit<BusRequest, 'signal'>[] = []
      const served = await peer.serve(['action', name, '*'], async ({ subject, body, requestId, trace }) => {
        seen.push({ subject, body, requestId, trace })
        return { done: [body, null] }
      })
      const body = { Command: 'poweron', Params: { 'a/b': 'ä' } }
      const trace = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, tracestate: 'a=1,b=2' }
      const options = { timeoutMs: 5000, requestId: 'r-1', trace }
      deepEqual(await bus.request(parts, body, options), { done: [body, null] })
      equal(
        await bus.request(['action', name, ''], null, { timeoutMs: 5000 }).then((answer) => typeof answer),
        'object',
      )
      deepEqual(seen, [
        { subject: parts, body, requestId: 'r-1', trace },
        { subject: ['action', name, ''], body: null, requestId: undefined, trace: undefined },
      ])
      await served.stop()
    },
  },
  {
    name: 'numbers that JSON.parse would change are requested and answered as they were written',
    async run({ bus, peer, name }) {
      const text = '[9007199254740993,1e21,-0,1.0]'
      const served = await peer.serve(['action', name, 'x'], async ({ body }) => ({ seen: jsonText(body), body }))
      const answer = await bus.request(['action', name, 'x'], readJson(text), { timeoutMs: 5000 })
      equal(jsonText(answer), `{"seen":"${text}","body":${text}}`)
      await served.stop()
    },
  },
  {
    name: 'an error of the server is its status and body; any other failure is a 500 that tells nothing',
    async run({ bus, peer, name }) {
      const failure = { Code: 409, Messages: ['bmc is busy'] }
      const served = await peer.serve(['action', name, '*'], async ({ subject }) => {
        if (subject[2] === 'busy') throw new Refusal(409, 'busy', failure)
        throw new Error('hunter2 is the password')
      })
      const ask = (command: string) => bus.request(['action', name, command], {}, { timeoutMs: 5000 })
      await rejects(ask('busy'), { code: 'REFUSED', status: 409, body: failure })
      await rejects(ask('broken'), (error: Error & { code?: string; status?: number }) => {
        equal(error.code, 'REFUSED')
        equal(error.status, 500)
        ok(!error.message.includes('hunter2'))
        return true
      })
      await served.stop()
    },
  },
  {
    name: 'a request that nobody serves is told so at once',
    async run({ bus, peer, name }) {
      const options = { timeoutMs: 60_000 }
      await rejects(bus.request(['action', name, 'x'], 1, options), { code: 'NO_RESPONDERS' })
      const served = await peer.serve(['action', name, 'x'], async () => 1)
      equal(await bus.request(['action', name, 'x'], 1, options), 1)
      await rejects(bus.request(['action', name, 'y'], 1, options), { code: 'NO_RESPONDERS' })
      await rejects(bus.request(['action', name], 1, options), { code: 'NO_RESPONDERS' })
      await served.stop()
      await rejects(bus.request(['action', name, 'x'], 1, options), { code: 'NO_RESPONDERS' })
    },
  },
  {
    name: 'the caller has its answer by its deadline or not at all, and the server is told',
    async run({ bus, peer, name }) {
      const signals: AbortSignal[] = []
      const served = await peer.serve(['action', name], async ({ signal }) => {
        signals.push(signal)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
      await rejects(bus.request(['action', name], 1, { timeoutMs: 100 }), { code: 'TIMEOUT' })
      await until('its signal to end', () => signals.length === 1 && signals[0]?.aborted === true)
      const giveUp = new AbortController()
      const asked = bus.request(['action', name], 1, { timeoutMs: 60_000, signal: giveUp.signal })
      await until('the second', () => signals.length === 2)
      giveUp.abort()
      await rejects(asked, { code: 'ABORTED' })
      await rejects(bus.request(['action', name], 1, { timeoutMs: 400, signal: giveUp.signal }), { code: 'ABORTED' })
      equal(signals.length, 2)
      await served.stop({ timeoutMs: 50 })
    },
  },
  {
    name: 'servers of one group share the requests',
    async run({ bus, peer, name }) {
      const counts = [0, 0]
      const count = (which: 0 | 1) => async () => {
        counts[which] = (counts[which] ?? 0) + 1
        return which
      }
      const served = [await bus.serve(['action', name], count(0)), await peer.serve(['action', name], count(1))]
      const asked = Array.from({ length: 200 }, () => bus.request(['action', name], {}, { timeoutMs: 10_000 }))
      await Promise.all(asked)
      equal((counts[0] ?? 0) + (counts[1] ?? 0), 200)
      ok(
        counts.every((number) => number > 20),
        `${counts}`,
      )
      for (const one of served) await one.stop()
    },
  },
  {
    name: 'so many requests run at a time, so many wait, the next one is refused, and one that waited too long is not begun',
    async run({ bus, peer, name }) {
      const gate = newGate()
      const begun: unknown[] = []
      const options = { concurrency: 2, waitingMax: 2 }
      const served = await peer.serve(
        ['action', name],
        async ({ body }) => {
          begun.push(body)
          await gate.opened
          return body
        },
        options,
      )
      const ask = (body: number, timeoutMs = 10_000) => bus.request(['action', name], body, { timeoutMs })
      const first = [ask(0), ask(1)]
      await until('two to run', () => begun.length === 2)
      const late = rejects(ask(2, 100), { code: 'TIMEOUT' })
      const third = ask(3)
      const figures = async () => (await peer.figures()).served.find(({ subject }) => subject.endsWith(`.${name}`))
      await until('two to wait', async () => (await figures())?.waiting === 2)
      await rejects(ask(4), { code: 'OVERLOADED' })
      await late
      await aWhile()
      gate.open()
      deepEqual(await Promise.all([...first, third]), [0, 1, 3])
      deepEqual(begun, [0, 1, 3])
      deepEqual([(await figures())?.requests, (await figures())?.errors], [5, 1])
      await served.stop()
    },
  },
  {
    name: 'a server that stops takes nothing new, and answers what it has accepted',
    async run({ bus, peer, name }) {
      const gate = newGate()
      let begun = 0
      const served = await peer.serve(
        ['action', name],
        async () => {
          begun += 1
          await gate.opened
          return 'answered'
        },
        { concurrency: 1 },
      )
      const asked = [1, 2].map((n) => bus.request(['action', name], n, { timeoutMs: 10_000 }))
      await until('one to begin', () => begun === 1)
      const accepted = async () => (await peer.figures()).served.find(({ subject }) => subject.endsWith(`.${name}`))
      await until('the other to wait', async () => (await accepted())?.waiting === 1)
      const stopping = served.stop()
      await aWhile()
      await rejects(bus.request(['action', name], 3, { timeoutMs: 10_000 }), { code: 'NO_RESPONDERS' })
      gate.open()
      await stopping
      deepEqual(await Promise.all(asked), ['answered', 'answered'])
    },
  },
]
