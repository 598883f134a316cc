import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { type ConformanceCase, entries } from './conformance/case.ts'
import { fenceCases } from './conformance/fences.ts'
import { lockCases } from './conformance/locks.ts'
import { timeCases } from './conformance/time.ts'
import { jsonText } from './exact-number.ts'
import type { Json } from './json.ts'
import { readJson } from './parse-json.ts'
import { KEY_BYTES_MAX } from './store.ts'

export type { ConformanceCase } from './conformance/case.ts'

const valueCases: readonly ConformanceCase[] = [
  {
    name: 'get and delete of a missing key find nothing',
    async run(store) {
      equal(await store.get('nobody'), undefined)
      equal(await store.delete('nobody'), false)
    },
  },
  {
    name: 'every kind of JSON value reads back unchanged',
    async run(store) {
      const values: Json[] = [
        null,
        true,
        0,
        -1.5,
        1e300,
        '',
        'ä\u0000\ud83d\ude00"',
        [],
        {},
        [[null], { a: [1, { b: '' }] }],
      ]
      for (const [index, value] of values.entries()) await store.set(`kind/${index}`, value)
      for (const [index, value] of values.entries()) deepEqual(await store.get(`kind/${index}`), value)
    },
  },
  {
    name: 'numbers that JSON.parse would change read back as they were written',
    async run(store) {
      const text = '{"a":[9007199254740993,1e21,-0,1.0],"b":0.10}'
      await store.set('numbers', readJson(text) as Json)
      equal(jsonText(await store.get('numbers')), text)
      equal(jsonText((await entries(store, 'numbers')).numbers), text)
      equal(await store.compareAndSet('numbers', JSON.parse(text), 1), false)
      equal(await store.compareAndSet('numbers', await store.get('numbers'), 1), true)
    },
  },
  {
    name: 'changing a value that get returned does not change the store',
    async run(store) {
      await store.set('list', [1])
      const got = (await store.get('list')) as Json[]
      got.push(2)
      deepEqual(await store.get('list'), [1])
    },
  },
  {
    name: 'the last of several concurrent writes wins',
    async run(store) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => store.set('counter', index)))
      equal(await store.get('counter'), 99)
    },
  },
  {
    name: 'compareAndSet writes only if the present value is the expected one',
    async run(store) {
      equal(await store.compareAndSet('cas', 1, 2), false)
      equal(await store.compareAndSet('cas', undefined, { a: 1, b: [2] }), true)
      equal(await store.compareAndSet('cas', undefined, 2), false)
      equal(await store.compareAndSet('cas', { a: 1 }, 2), false)
      equal(await store.compareAndSet('cas', await store.get('cas'), 3), true)
      equal(await store.compareAndSet('cas', 3, undefined), true)
      equal(await store.get('cas'), undefined)
      equal(await store.compareAndSet('cas', undefined, undefined), true)
    },
  },
  {
    name: 'of a hundred concurrent compareAndSet calls exactly one wins',
    async run(store) {
      const wins = await Promise.all(Array.from({ length: 100 }, (_, i) => store.compareAndSet('race', undefined, i)))
      equal(wins.filter(Boolean).length, 1)
      equal(await store.get('race'), wins.indexOf(true))
    },
  },
  {
    name: 'scan gives exactly the keys of a prefix',
    async run(store) {
      await store.set('machines/1', { Name: 'a' })
      await store.set('machines/2', { Name: 'b' })
      await store.set('machines', 0)
      await store.set('profiles/1', 1)
      await store.set('machines/*', 'star')
      deepEqual(await entries(store, 'machines/'), {
        'machines/1': { Name: 'a' },
        'machines/2': { Name: 'b' },
        'machines/*': 'star',
      })
      deepEqual(await entries(store, 'machines/*'), { 'machines/*': 'star' })
      equal(Object.keys(await entries(store, '')).length, 5)
    },
  },
  {
    name: 'scan gives the keys of a prefix among keys that sort beside them',
    async run(store) {
      const inside = ['a/', 'a/0', 'a/\u{10ffff}', 'a/\uffff', 'a/b/c', 'a//']
      const beside = ['a', 'a.', 'a0', 'A/', 'a-b/', '\uffff', '\u{1f600}/', 'a\u{1f600}']
      for (const key of [...beside, ...inside]) await store.set(key, key)
      deepEqual(Object.keys(await entries(store, 'a/')).sort(), inside.sort())
      for (const key of inside.slice(0, 3)) await store.delete(key)
      await store.set('a/again', 1)
      deepEqual(Object.keys(await entries(store, 'a/')).sort(), [...inside.slice(3), 'a/again'].sort())
      deepEqual(await entries(store, '\u{1f600}'), { '\u{1f600}/': '\u{1f600}/' })
      deepEqual(await entries(store, 'b'), {})
    },
  },
  {
    name: 'a scan during writes gives each key that stays once, and no key that was gone before it began',
    async run(store) {
      const stays = Array.from({ length: 200 }, (_, index) => `s/${index}`)
      await Promise.all(stays.map((key) => store.set(key, key)))
      await store.set('s/gone', 1)
      await store.delete('s/gone')
      const seen: string[] = []
      for await (const { key, value } of store.scan('s/')) {
        seen.push(key)
        if (!stays.includes(key)) continue
        equal(value, key)
        await store.set(`s/new ${key}`, 1)
        await store.set(`s/new ${key}/`, 1)
        await store.delete(`s/new ${key}/`)
        await store.set(`r/${key}`, 1)
      }
      deepEqual(seen.filter((key) => stays.includes(key)).sort(), stays.sort())
      equal(new Set(seen).size, seen.length)
      ok(seen.every((key) => key.startsWith('s/') && key !== 's/gone'))
    },
  },
  {
    name: 'get and scan do not show a deleted key, and it can be written again',
    async run(store) {
      await store.set('gone', 1)
      equal(await store.delete('gone'), true)
      equal(await store.get('gone'), undefined)
      deepEqual(await entries(store, ''), {})
      await store.set('gone', 2)
      equal(await store.get('gone'), 2)
    },
  },
  {
    name: 'keys of all characters work, up to the limit in bytes',
    async run(store) {
      const keys = ['a b', 'ä/ü', '*?[x]', 'line\nbreak', '__proto__', 'x'.repeat(KEY_BYTES_MAX)]
      for (const key of keys) await store.set(key, key)
      for (const key of keys) equal(await store.get(key), key)
      await rejects(store.set('', 1), { code: 'STORE_INPUT' })
      await rejects(store.set('ä'.repeat(KEY_BYTES_MAX / 2 + 1), 1), { code: 'STORE_INPUT' })
    },
  },
  {
    name: 'a closed store refuses every call except close',
    async run(store) {
      const accepted = store.set('last', 1)
      await store.close()
      await accepted
      await store.close()
      await rejects(store.get('last'), { code: 'STORE_CLOSED' })
      await rejects(store.set('last', 2), { code: 'STORE_CLOSED' })
      await rejects(store.delete('last'), { code: 'STORE_CLOSED' })
      await rejects(store.compareAndSet('last', 1, 2), { code: 'STORE_CLOSED' })
      await rejects(entries(store, ''), { code: 'STORE_CLOSED' })
      await rejects(store.takeSlot('last', 0), { code: 'STORE_CLOSED' })
      await rejects(store.lock({ key: 'last', owner: null, ttlMs: 1000, waitMs: 0 }), { code: 'STORE_CLOSED' })
    },
  },
]

/** Cases that every driver must pass. A case throws AssertionError if the driver fails it. */
export const conformance: readonly ConformanceCase[] = [...valueCases, ...timeCases, ...lockCases, ...fenceCases]
