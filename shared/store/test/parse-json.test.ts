import fc from 'fast-check'
import { test } from 'tap'
import { checkedJson, JsonError, parseJson } from '../src/index.ts'

const limits = { depthMax: 100, valuesMax: 1000 }
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test('parseJson reads every text that JSON.stringify writes', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      const names = JSON.stringify(value).includes('__proto__')
      if (!names) t.same(JSON.stringify(parseJson(text)), text)
    }),
  )
  t.same(parseJson('{"a":"\\"]}[{,","b":[1,{"c":null}]}'), { a: '"]}[{,', b: [1, { c: null }] })
  t.equal(parseJson(JSON.stringify('a\\')), 'a\\')
})

test('parseJson refuses depth, numbers of values, infinite numbers, half surrogates, __proto__ and no JSON', async (t) => {
  t.ok(parseJson(nested(100), limits))
  t.ok(parseJson(JSON.stringify(Array(999).fill(1)), limits))
  t.ok(parseJson(`[${Array(999).fill(' [ ] ').join()}]`, limits))
  t.ok(parseJson(`{${Array.from({ length: 499 }, (_, n) => `"a,${n}":[{}]`).join()}}`, limits))
  const bad = [
    nested(101),
    `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`,
    '['.repeat(1_000_000),
    JSON.stringify(Array(1001).fill(1)),
    '1e999',
    '[-1e999]',
    `{"a":${'9'.repeat(400)}}`,
    '{"a":1E+400}',
    '"\\ud800"',
    '{"\\uDC00":1}',
    '{"__proto__":1}',
    '{"a":1,"__proto__":{"x":1},"__proto__":{"y":1}}',
    '{"__pr\\u006fto__":1}',
    '{"\\u005f_proto__":1}',
    '',
    '{',
    'undefined',
    '"a',
  ]
  for (const text of bad) t.throws(() => parseJson(text, limits), { name: 'JsonError' }, text.slice(0, 40))
  t.same(parseJson('"\\ud83d\\ude00"'), '😀')
  t.same(Object.keys(Object(parseJson('{"constructor":{"prototype":1}}'))), ['constructor'])
})

test('checkedJson judges values as parseJson judges their text', async (t) => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom(nested(99), nested(101)).map((text) => JSON.parse(text)),
  )
  fc.assert(
    fc.property(value, (json) => {
      t.equal(
        refuses(() => checkedJson(json, limits)),
        refuses(() => parseJson(JSON.stringify(json), limits)),
      )
    }),
  )
  t.throws(() => checkedJson({ a: [Number.NaN] }, limits), JsonError)
  t.throws(() => checkedJson('\ud800', limits), JsonError)
})

function refuses(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof JsonError) return true
    throw error
  }
}
