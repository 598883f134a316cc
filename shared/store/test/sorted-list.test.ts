import { test } from 'tap'
import { SortedList } from '../src/sorted-list.ts'

const byNumber = (a: number, b: number) => a - b
const isLess = (a: number, b: number) => a < b

/** Numbers that repeat from run to run. */
function shuffled(count: number): number[] {
  let state = 1
  const next = () => {
    state = (state * 48271) % 2147483647
    return state
  }
  return Array.from({ length: count }, (_, index) => ({ index, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ index }) => index)
}

test('a sorted list has what a sorted array has, however it came about', async (t) => {
  const all = shuffled(3000)
  const list = new SortedList(isLess, all.slice(0, 1000))
  const present = new Set(all.slice(0, 1000))
  const outcomes: boolean[] = []
  for (const [index, number] of all.entries()) {
    const other = all[(index * 7) % all.length] ?? 0
    outcomes.push(list.delete(other) === present.delete(other), list.add(number) === !present.has(number))
    present.add(number)
  }
  t.notOk(outcomes.includes(false))
  const expected = [...present].sort(byNumber)
  t.same([...list], expected)
  t.equal(list.size, expected.length)
  for (const start of [-1, 0, 511, 512, 513, 1499.5, 2999, 3000]) {
    t.same(
      [...list.from((number) => number < start)],
      expected.filter((number) => number >= start),
      `${start}`,
    )
  }
  for (const [offset, limit] of [
    [0, 1],
    [500, 50],
    [0, Infinity],
    [1024, 1],
    [2990, 50],
    [5000, 5],
    [7, 0],
  ] as const) {
    t.same(list.slice(offset, limit), expected.slice(offset, offset + limit), `${offset} ${limit}`)
  }
  for (const number of expected) list.delete(number)
  t.same([[...list], list.size, list.slice(0, 5)], [[], 0, []])
})

test('a reader of a list that changes gets each item that stays once, in order', async (t) => {
  const list = new SortedList(isLess, shuffled(2000))
  const seen: number[] = []
  for (const number of list) {
    seen.push(number)
    if (!Number.isInteger(number)) continue
    // Divides the chunk of the reader, removes what it has read and what comes next, and puts its own item in again.
    for (let part = 1; part < 10; part += 1) list.add(number + part / 10)
    list.delete(number - 5)
    if (number % 100 === 50) list.delete(number + 1)
    list.delete(number)
    list.add(number)
  }
  const whole = seen.filter(Number.isInteger)
  t.same(seen, [...seen].sort(byNumber))
  t.equal(new Set(seen).size, seen.length)
  t.same(
    whole,
    Array.from({ length: 2000 }, (_, index) => index).filter((number) => number % 100 !== 51),
  )
})

test('adding, removing and reading a few compares a few, however many there are', async (t) => {
  let compared = 0
  const counting = (a: string, b: string) => {
    compared += 1
    return a < b
  }
  const keys = shuffled(100_000).map((number) => `key/${number}`)
  const list = new SortedList(counting, keys)
  const work = (name: string, most: number, run: () => void) => {
    compared = 0
    run()
    t.ok(compared <= most, `${name}: ${compared}`)
  }
  work('add', 20, () => list.add('key/5x'))
  work('add at the end', 1, () => list.add('kez'))
  work('delete', 20, () => list.delete('key/5x'))
  let looked = 0
  const isBefore = (key: string) => {
    looked += 1
    return key < 'key/77'
  }
  t.equal(list.from(isBefore).next().value, 'key/77')
  t.ok(looked <= 20, `${looked}`)
})
