import { deepStrictEqual as deepEqual, strictEqual as equal, ok } from 'node:assert'
import fc from 'fast-check'
import { applyPatch, type Operation } from 'rfc6902'
import { test } from 'tap'
import { applyJsonPatch } from '../../src/server/json-patch.ts'

const object = { Name: 'm1', Profiles: ['a', 'b', 'c'], Params: { 'demo/x': { y: [1, { z: 2 }] } }, Meta: {} }

function failure(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return String(Object(error).code ?? error)
  }
}

test('each operation of RFC 6902 does what the RFC says', async (t) => {
  const patched = (...operations: unknown[]) => Object(applyJsonPatch(object, operations))
  t.same(patched({ op: 'add', path: '/Profiles/1', value: 'x' }).Profiles, ['a', 'x', 'b', 'c'])
  t.same(patched({ op: 'add', path: '/Profiles/3', value: 'x' }).Profiles, ['a', 'b', 'c', 'x'])
  t.same(patched({ op: 'add', path: '/Profiles/-', value: 'x' }).Profiles, ['a', 'b', 'c', 'x'])
  t.same(patched({ op: 'add', path: '/Profiles', value: 'x' }).Profiles, 'x')
  t.same(patched({ op: 'remove', path: '/Profiles/0' }).Profiles, ['b', 'c'])
  t.same(patched({ op: 'replace', path: '/Profiles/2', value: null }).Profiles, ['a', 'b', null])
  t.same(patched({ op: 'move', from: '/Profiles/0', path: '/Profiles/2' }).Profiles, ['b', 'c', 'a'])
  t.same(patched({ op: 'copy', from: '/Params/demo~1x/y/1', path: '/Meta/w' }).Meta, { w: { z: 2 } })
  t.same(patched({ op: 'add', path: '/Meta/~0~1~01', value: 1 }).Meta, { '~/~1': 1 })
  t.same(patched({ op: 'add', path: '/Meta/', value: 1 }).Meta, { '': 1 })
  t.same(patched({ op: 'test', path: '', value: { ...object } }, { op: 'replace', path: '', value: {} }), {})
  t.same(patched({ op: 'test', path: '/Params/demo~1x', value: { y: [1.0, { z: 2 }] } }), object)
  t.same(patched({ op: 'move', from: '/Name', path: '/Name' }), object)
  t.same(patched({ op: 'add', path: '/Meta/constructor', value: { prototype: 1 } }).Meta, {
    constructor: { prototype: 1 },
  })
  t.same(patched(), object)
})

test('a malformed pointer, index or operation is REQUEST_INVALID, a missing place or failed test OBJECT_CONFLICT', async (t) => {
  const invalid: unknown[] = [
    { op: 'replace', path: '/Profiles/length', value: 1e9 },
    { op: 'add', path: '/Profiles/length', value: 1e9 },
    { op: 'add', path: '/Profiles/01', value: 1 },
    { op: 'add', path: '/Profiles/-1', value: 1 },
    { op: 'add', path: '/Profiles/1e0', value: 1 },
    { op: 'add', path: '/Profiles/1.0', value: 1 },
    { op: 'add', path: '/Profiles/ 1', value: 1 },
    { op: 'add', path: '/Profiles/١', value: 1 },
    { op: 'add', path: '/Profiles/', value: 1 },
    { op: 'add', path: '/Profiles/push', value: 1 },
    { op: 'replace', path: '/Profiles/-', value: 1 },
    { op: 'remove', path: '/Profiles/-' },
    { op: 'copy', path: '/Meta/x', from: '/Profiles/-' },
    { op: 'add', path: '/__proto__/x', value: 1 },
    { op: 'add', path: '/Meta/__proto__', value: 1 },
    { op: 'copy', from: '/__proto__', path: '/Meta/x' },
    { op: 'add', path: '/Meta/~2', value: 1 },
    { op: 'add', path: '/Meta/~', value: 1 },
    { op: 'add', path: 'Meta', value: 1 },
    { op: 'add', path: '/Meta'.repeat(101), value: 1 },
    { op: 'add', path: `/${'x'.repeat(5000)}`, value: 1 },
    { op: 'move', from: '/Params', path: '/Params/x' },
    { op: 'move', from: '', path: '/Params' },
    { op: 'add', path: '/Meta/x' },
    { op: 'copy', path: '/Meta/x' },
    { op: 'Add', path: '/Meta/x', value: 1 },
    { op: ['add'], path: '/Meta/x', value: 1 },
    { op: 'add', path: ['', 'Meta'], value: 1 },
    null,
    'add',
  ]
  for (const one of invalid)
    t.equal(
      failure(() => applyJsonPatch(object, [one])),
      'REQUEST_INVALID',
      JSON.stringify(one),
    )
  const conflicts = [
    { op: 'add', path: '/Profiles/4', value: 1 },
    { op: 'add', path: '/Profiles/9007199254740993', value: 1 },
    { op: 'remove', path: '/none' },
    { op: 'replace', path: '/none', value: 1 },
    { op: 'add', path: '/none/x', value: 1 },
    { op: 'add', path: '/Name/x', value: 1 },
    { op: 'replace', path: '/Name/length', value: 1 },
    { op: 'replace', path: '/constructor', value: 1 },
    { op: 'add', path: '/constructor/prototype/x', value: 1 },
    { op: 'copy', from: '/toString', path: '/Meta/x' },
    { op: 'test', path: '/Profiles', value: ['a', 'c', 'b'] },
    { op: 'test', path: '/Meta', value: [] },
    { op: 'test', path: '/Meta', value: null },
    { op: 'test', path: '/Params/demo~1x/y/0', value: '1' },
  ]
  for (const one of conflicts)
    t.equal(
      failure(() => applyJsonPatch(object, [one])),
      'OBJECT_CONFLICT',
      JSON.stringify(one),
    )
  t.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('a patch whose result or work has no bound is refused at once', async (t) => {
  const doubling = Array.from({ length: 27 }, (_, n) => ({ op: 'copy', from: '/Meta', path: `/Meta/x${n}` }))
  const wide = { ...object, Params: { a: Array(9_000).fill(1), b: 'x'.repeat(300_000), c: Array(9_000).fill(1) } }
  const many = (operation: unknown) => Array(10_000).fill(operation)
  const swap = [
    { op: 'copy', from: '/Params/b', path: '/Meta/b' },
    { op: 'remove', path: '/Meta/b' },
  ]
  const hostile: [string, object, unknown][] = [
    ['doubling copies', object, doubling],
    ['doubling of a long text', { ...object, Meta: { t: 'x'.repeat(100_000) } }, doubling],
    ['nesting copies', object, Array(300).fill({ op: 'copy', from: '/Meta', path: '/Meta/m' })],
    [
      'many tests of much',
      { ...wide, Params: { a: wide.Params.a } },
      many({ op: 'test', path: '/Params/a', value: wide.Params.a }),
    ],
    ['many copies and removals', { ...object, Params: { b: wide.Params.b } }, Array(5000).fill(swap).flat()],
    [
      'many shifts',
      { ...object, Profiles: Array(19_000).fill('p') },
      many({ op: 'move', from: '/Profiles/0', path: '/Profiles/-' }),
    ],
    ['too many operations', object, Array(10_001).fill({ op: 'test', path: '/Name', value: 'm1' })],
    ['too many values', object, [{ op: 'add', path: '/Meta/x', value: Array(30_000).fill(0) }]],
  ]
  for (const [name, before, patch] of hostile) {
    const beganMs = performance.now()
    t.equal(
      failure(() => applyJsonPatch(before as typeof object, patch)),
      'REQUEST_INVALID',
      name,
    )
    const tookMs = performance.now() - beganMs
    t.comment(`${name}: ${Math.round(tookMs)} ms`)
    t.ok(tookMs < 2000, `${name} took ${tookMs} ms`)
  }
})

test('a patch either does what another implementation does, or is refused, and never changes what it was given', async (t) => {
  const name = fc.constantFrom('a', 'b', '0', '1', '2', '-', 'length', 'constructor', '~0', '~1', '')
  const path = fc.array(name, { maxLength: 4 }).map((parts) => parts.map((part) => `/${part}`).join(''))
  const value = fc
    .jsonValue({ maxDepth: 2, noUnicodeString: true })
    .map((json) => JSON.stringify(json))
    // No body with such a member gets as far: see parse-json.test.ts.
    .filter((json) => !json.includes('__proto__'))
    .map((json) => JSON.parse(json))
  const op = fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test')
  const patch = fc.array(fc.record({ op, path, from: path, value }), { maxLength: 6 })
  const document = fc.dictionary(
    fc.constantFrom('a', 'b', '0', '1'),
    fc.oneof(value, fc.array(value, { maxLength: 3 })),
  )
  // The other implementation passes over `constructor` in a pointer: there the member has another name.
  const renamed = (json: unknown) => JSON.parse(JSON.stringify(json).replaceAll('constructor', 'plainMember'))
  let applied = 0
  fc.assert(
    fc.property(document, patch, (given, operations) => {
      const [before, copy] = [JSON.stringify(given), renamed(given)]
      let result: unknown
      const refused = failure(() => {
        result = applyJsonPatch(given, operations)
      })
      equal(JSON.stringify(given), before)
      ok(refused === undefined || ['REQUEST_INVALID', 'OBJECT_CONFLICT'].includes(refused), refused)
      if (refused !== undefined || operations.some((one) => one.path === '' || one.from === '')) return
      applied += 1
      const [failed] = applyPatch(copy, renamed(operations) as Operation[]).filter((one) => one !== null)
      equal(failed, undefined)
      deepEqual(renamed(result), JSON.parse(JSON.stringify(copy)))
    }),
    { numRuns: 3000 },
  )
  t.ok(applied > 100)
})
