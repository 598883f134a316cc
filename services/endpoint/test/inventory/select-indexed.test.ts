import { test } from 'tap'
import { type ListIndex, listIndexes } from '../../src/inventory/list-index.ts'
import { type ListQuery, parseListQuery, type QueryValues, select } from '../../src/inventory/list-query.ts'
import { ObjectIndex } from '../../src/inventory/object-index.ts'
import { selectIndexed } from '../../src/inventory/select-indexed.ts'
import { nameOf, type StoredObject } from '../../src/inventory/stored-object.ts'

const LONG = 'x'.repeat(300)
const VALUES: readonly unknown[] = [
  0,
  -0,
  1,
  10,
  '1',
  '01',
  ' 1',
  '',
  'a',
  'b',
  true,
  'true',
  null,
  LONG,
  { a: 1 },
  [1],
]
const SCALARS = VALUES.filter((value) => value !== LONG && (typeof value !== 'object' || value === null))

/** Numbers below `below` that repeat from run to run. */
function numbers(): (below: number) => number {
  let state = 7
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

const indexOf = listIndexes(
  {
    key: 'Uuid',
    indexes: Object.fromEntries(
      Object.entries({
        Name: 'string',
        Uuid: 'UUID',
        Locked: 'boolean',
        Address: 'string',
        Extra: 'string',
        Tags: 'list',
      }).map(([name, Type]) => [name, { Type, Unique: false, Unordered: false, Regex: false }]),
    ),
  },
  (name) =>
    ['own', 'scalar', 'given', 'unknown', 'ipmi/address', 'rack', 'place', 'aa', 'bb'].includes(name) ||
    /^f\d$/.test(name),
)

function indexed() {
  const objects = new Map<string, StoredObject>()
  const index = new ObjectIndex<StoredObject>(({ Uuid }) => String(Uuid))
  const put = (uuid: string, object: StoredObject | undefined) => {
    index.replace(objects.get(uuid), object)
    if (object === undefined) objects.delete(uuid)
    else objects.set(uuid, object)
  }
  const sorted = () => [...objects.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return { index, put, sorted }
}

/** Every object gets these params where it does not set them itself. */
function inheriting(profile: Record<string, unknown>) {
  return {
    paramOf: (object: StoredObject, name: string) => ({ ...profile, ...object.Params })[name],
    mayInherit: async ({ param = '', values }: ListIndex, wanted?: readonly string[]) =>
      Object.hasOwn(profile, param) && (wanted?.some((text) => values.comparer(text)(profile[param]) === 0) ?? true),
  }
}

test('an indexed list is the list that a walk over all objects gives, whatever changes between', async (t) => {
  const next = numbers()
  const { index, put, sorted } = indexed()
  const pick = <V>(values: readonly V[]): V => values[next(values.length)] as V
  const change = () => {
    const uuid = `u${next(120)}`
    const Params = next(3) === 0 ? {} : { own: pick(VALUES), scalar: pick(SCALARS) }
    const extra = next(2) === 0 ? {} : { Extra: pick(SCALARS) }
    const Tags = Array.from({ length: next(4) }, () => pick(['a', 'b', '1', LONG]))
    const object = { Name: `n${next(1000)}-${uuid}`, Uuid: uuid, Params, Locked: next(2) === 0, Tags, ...extra }
    put(uuid, next(5) === 0 ? undefined : object)
  }
  const profile: Record<string, unknown> = { own: 'a', scalar: 1, given: 10 }
  const queries: QueryValues[] = [
    {},
    { sort: 'Name' },
    { sort: 'Locked' },
    { sort: ['scalar', 'Extra'] },
    { sort: 'own' },
    { sort: 'Extra' },
    { sort: 'given,scalar' },
    { sort: ['aa', 'bb', 'unknown'] },
    ...['1', ' 1', '01', '1.0', '0', '-0', '', 'a', 'true', 'null', '{"a":1}', '[1]', LONG, '10'].flatMap((text) => [
      { own: text },
      { scalar: `Eq(${text})`, sort: 'Locked' },
      { Extra: `In(${text},a,1,1)` },
      { Tags: [text, 'In(a,1)'] },
      { scalar: [text, 'b'] },
    ]),
    { Locked: 'true' },
    { Locked: 'true', own: 'a' },
    { Locked: 'false', own: 'Ne(a)', sort: 'Extra' },
    { own: 'Gt(0)' },
    { given: '10' },
    { given: ['10', 'In(10,11)'] },
    { unknown: 'In(,)' },
  ]
  const wrong: unknown[] = []
  const compare = async (values: QueryValues, isInherited: boolean) => {
    const query: ListQuery = await parseListQuery(values, indexOf)
    const inheritance = isInherited ? inheriting(profile) : inheriting({})
    const { paramOf } = inheritance
    // Taken at once: no change comes between.
    const [expected, found] = await Promise.all([
      select(query, sorted(), paramOf),
      selectIndexed(query, index, inheritance),
    ])
    if (found.count !== expected.count || found.objects.some((object, at) => object !== expected.objects[at])) {
      wrong.push({ values, found, expected })
    }
    if (found.objects.length !== expected.objects.length) wrong.push(values)
  }
  for (let round = 0; round < 6; round += 1) {
    for (let count = 0; count < 80; count += 1) change()
    for (const query of queries) {
      const isInherited = round % 2 === 0
      await compare(query, isInherited)
      await compare({ ...query, reverse: 'true', offset: `${next(20)}`, limit: `${next(40)}` }, isInherited)
      await compare({ ...query, offset: `${next(150)}`, limit: `${next(40)}` }, isInherited)
    }
  }
  t.same(wrong, [])
})

test('an index that is built while objects change has each of them once', async (t) => {
  const { index, put, sorted } = indexed()
  const count = 30_000
  const object = (number: number, rack: number) => {
    const Uuid = `u${number}`
    return { Name: `n${String((number * 7) % count).padStart(6, '0')}`, Uuid, Params: { rack, place: -number } }
  }
  for (let number = 0; number < count; number += 1) put(`u${number}`, object(number, number % 3))
  const asked = Promise.all([index.values(indexOf('rack')), index.order([indexOf('place')])])
  let isBuilt = false
  let changes = 0
  void asked.then(() => {
    isBuilt = true
  })
  while (!isBuilt) {
    await new Promise(setImmediate)
    for (const number of [changes, count - 1 - changes]) put(`u${number}`, object(number, 1))
    put(`u${(changes * 11) % count}`, undefined)
    changes += 1
  }
  const [values, order] = await asked
  t.ok(changes > 1, 'it was built in parts')
  t.same(
    values?.find(['1'], false).slice(0, count),
    sorted().filter(({ Params }) => Params?.rack === 1),
  )
  t.same(
    order?.slice(0, count),
    sorted().sort((a, b) => Number(a.Params?.place) - Number(b.Params?.place)),
  )
})

test('an index that had to go while it was built is not used: it missed changes', async (t) => {
  const { index, put } = indexed()
  put('u1', { Name: 'n1', Uuid: 'u1', Params: {} })
  const names = Array.from({ length: 9 }, (_, number) => `f${number}`)
  const found = await Promise.all(names.map((name) => index.values(indexOf(name))))
  t.same(
    found.map((one) => one !== undefined),
    [false, ...names.slice(1).map(() => true)],
  )
})

test('a page costs the same with 100 and 10,000 objects, also filtered and sorted', async (t) => {
  let looks = 0
  const counted = <O extends object>(object: O): O =>
    new Proxy(object, {
      get(target, name, receiver) {
        looks += 1
        return Reflect.get(target, name, receiver)
      },
      getOwnPropertyDescriptor(target, name) {
        looks += 1
        return Reflect.getOwnPropertyDescriptor(target, name)
      },
    })
  const filledWith = (count: number) => {
    const { index, put } = indexed()
    for (let number = 0; number < count; number += 1) {
      const Uuid = `u${number}`
      const Params = { 'ipmi/address': `10.0.0.${number}` }
      put(Uuid, counted({ Name: `n${number}`, Uuid, Address: `a${number}`, Locked: number % 2 === 0, Params }))
    }
    return { index, put }
  }
  const [few, many] = [filledWith(100), filledWith(10_000)]
  const costOf = async ({ index }: typeof few, values: QueryValues) => {
    const query = await parseListQuery({ limit: '10', ...values }, indexOf)
    // The first one builds the index.
    await selectIndexed(query, index, inheriting({}))
    looks = 0
    const { objects } = await selectIndexed(query, index, inheriting({}))
    return { looks, found: objects.length }
  }
  for (const values of [
    {},
    { offset: '50' },
    { reverse: 'true' },
    { Name: 'n50' },
    { Uuid: 'U50' },
    { rack: '7' },
    { 'ipmi/address': 'In(10.0.0.7,10.0.0.9)' },
    { Locked: 'true' },
    { Locked: 'true', Address: 'a50' },
    { sort: 'Address' },
    { sort: 'ipmi/address,Name', reverse: 'true', offset: '7' },
  ]) {
    const [low, high] = [await costOf(few, values), await costOf(many, values)]
    t.equal(low.found, high.found, JSON.stringify(values))
    t.ok(high.looks <= low.looks + 20, `${JSON.stringify(values)}: ${low.looks} and ${high.looks}`)
  }
  looks = 0
  many.put('u5', counted({ Name: 'n5', Uuid: 'u5', Address: 'a', Locked: true, Params: { 'ipmi/address': 'b' } }))
  t.ok(looks < 1500, `a change: ${looks}`)
})
