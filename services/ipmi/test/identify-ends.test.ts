import type { ConfigContext } from '@powerbus/plugin-sdk'
import { Secret } from '@powerbus/plugin-sdk'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { IdentifyEnds } from '../src/identify-ends.ts'

const quiet = () => undefined
const key = '192.0.2.20:443'

function bench() {
  const kept = new Map<string, unknown>()
  /** What is used of a store. */
  const store = {
    set: async (name: string, value: unknown) => void kept.set(name, value),
    delete: async (name: string) => kept.delete(name),
    async *scan() {
      for (const [name, value] of [...kept]) yield { key: name, value }
    },
  } as unknown as Awaited<ReturnType<ConfigContext['state']>>
  const warnings: string[] = []
  const log = {
    trace: quiet,
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (text: string) => void warnings.push(text),
  }
  const records = () => [...kept.values()]
  const runs: unknown[] = []
  /** Of a process that starts later. */
  const config = (token: string) =>
    ({
      state: async () => store,
      backgroundLog: log,
      endpoint: {
        token: new Secret(token),
        api: () => ({
          actions: {
            run: async (...call: unknown[]) => {
              runs.push(call)
              await store.delete(`identify-end/${key}`)
            },
          },
        }),
      },
    }) as unknown as ConfigContext
  return { store, log, warnings, records, runs, config }
}

test('a light without an end of its own is switched off after its seconds, once', async (t) => {
  const { store, log, records } = bench()
  const ends = new IdentifyEnds()
  let offs = 0
  const light = { machine: 'm', seconds: 0.02, log }
  await ends.begun(store, key, light, async () => void offs++)
  t.equal(records().length, 1)
  await waitUntil('the record is deleted', () => records().length === 0)
  t.equal(offs, 1)
})

test('a light that somebody switched off is left alone', async (t) => {
  const { store, log, records } = bench()
  const ends = new IdentifyEnds()
  let offs = 0
  await ends.begun(store, key, { machine: 'm', seconds: 60, log }, async () => void offs++)
  await ends.ended(store, key)
  t.same(records(), [])
  t.equal(offs, 0)
})

test('the next process switches off what an earlier one left on, by the endpoint', async (t) => {
  const { store, log, records, runs, config } = bench()
  const first = new IdentifyEnds()
  await first.begun(store, key, { machine: 'uuid-1', seconds: 0, log }, async () => t.fail('the process is gone'))
  first.stop()
  t.equal(records().length, 1)
  const second = new IdentifyEnds()
  await second.resume(config('token'))
  await waitUntil('the action was run', () => runs.length > 0)
  t.same(runs, [['machines', 'uuid-1', 'identify', { 'ipmi/identify-duration': 0 }]])
  await waitUntil('the record is deleted', () => records().length === 0)
})

test('without a token of the endpoint the log says which light is still on', async (t) => {
  const { store, log, records, warnings, runs, config } = bench()
  const first = new IdentifyEnds()
  await first.begun(store, key, { machine: 'uuid-1', seconds: 60, log }, async () => undefined)
  first.stop()
  await new IdentifyEnds().resume(config(''))
  t.match(warnings, [/192\.0\.2\.20:443 is still on/])
  t.same(records(), [])
  t.same(runs, [])
})

test('a light that cannot be switched off is reported, and its record stays', async (t) => {
  const { store, log, records, warnings } = bench()
  const ends = new IdentifyEnds()
  await ends.begun(store, key, { machine: 'm', seconds: 0, log }, () => Promise.reject(new Error('no answer')))
  await waitUntil('a warning', () => warnings.length > 0)
  t.match(warnings, [/could not be switched off: no answer/])
  t.equal(records().length, 1)
  ends.stop()
})
