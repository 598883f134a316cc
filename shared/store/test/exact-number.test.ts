import fc from 'fast-check'
import { test } from 'tap'
import { checkedJson, ExactNumber, isSameNumber, jsonText, parseJson, plainNumbers, readJson } from '../src/index.ts'

const ODD = [
  '9007199254740993',
  '-9007199254740993',
  '1e21',
  '1.0',
  '-0',
  '0.10',
  '1E2',
  '123456789012345678901234567890',
  '1e-400',
]

/** Numbers as any program may write them. */
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: 10n ** 25n }).map(String)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,20}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?[0-9]{1,2}$/)),
  )
  .map((parts) => parts.join(''))

/** JSON texts without blanks, with such numbers. */
const text = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numberText,
    fc.constantFrom('null', 'true', ...ODD),
    fc.string().map((inner) => JSON.stringify(inner)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    fc
      .uniqueArray(fc.tuple(fc.stringMatching(/^k[a-z ".:,\d]*$/), tie('value')), {
        maxLength: 4,
        selector: ([name]) => name,
      })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
  ),
})).value

test('a JSON text comes back from parseJson and jsonText with every number as it was written', async (t) => {
  fc.assert(
    fc.property(text, (json) => {
      t.equal(jsonText(parseJson(json)), json)
      t.equal(jsonText(readJson(json)), json)
      t.equal(checkedJson(parseJson(json)), json)
    }),
    { numRuns: 500 },
  )
})

test('a number that JSON.parse keeps is a plain number, and every other is an ExactNumber', async (t) => {
  for (const plain of ['0', '1', '-7', '1.5', '0.1', '9007199254740991', '1e+21', '123456789012345680']) {
    t.equal(typeof parseJson(plain), 'number', plain)
  }
  for (const odd of ODD) {
    const value = parseJson(odd)
    t.ok(value instanceof ExactNumber, odd)
    t.equal(String(value), odd)
    t.equal(JSON.stringify(value), JSON.stringify(JSON.parse(odd)), 'JSON.stringify writes the double')
  }
  t.same(plainNumbers(parseJson('{"a":[1.0,{"b":9007199254740993}],"c":"1.0"}')), {
    a: [1, { b: 9007199254740992 }],
    c: '1.0',
  })
  const value = parseJson('{"a":[1,{"b":2}]}')
  t.equal(plainNumbers(value), value)
})

test('texts that are no JSON stay refused, and a number has at most 1000 characters', async (t) => {
  for (const bad of [
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    '[1.0',
    '-',
    '1.0.0',
    '{"a":1.0,}',
    `0.${'0'.repeat(1000)}1`,
  ]) {
    t.throws(() => parseJson(bad), { name: 'JsonError' }, bad.slice(0, 20))
  }
  t.equal(jsonText(undefined), undefined)
  t.throws(() => jsonText(1n))
  t.equal(jsonText([parseJson('1.0')]), '[1.0]', 'a failed call leaves nothing behind')
})

test('numbers are the same by their value, however they are written', async (t) => {
  const same = [
    ['1', '1.0'],
    ['1e21', '1000000000000000000000'],
    ['-0', '0'],
    ['0.00', '0e99'],
    ['1.50e3', '1500'],
    ['-12e-1', '-1.2'],
  ]
  const different = [
    ['9007199254740993', '9007199254740992'],
    ['1', '-1'],
    ['1e400', '1e401'],
    ['0.1', '0.10000000000000001'],
  ]
  const read = (number = '') => (number === JSON.stringify(Number(number)) ? Number(number) : new ExactNumber(number))
  for (const [a, b] of same) t.equal(isSameNumber(read(a), read(b)), true, `${a} ${b}`)
  for (const [a, b] of different) t.equal(isSameNumber(read(a), read(b)), false, `${a} ${b}`)
})
