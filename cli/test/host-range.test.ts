import { test } from 'tap'
import { UsageError } from '../src/cli-error.ts'
import { expandHosts, maxHosts } from '../src/host-range.ts'

test('a range keeps the zeros that its first number is padded with', (t) => {
  t.same(expandHosts(['node-[01-03,10]']), ['node-01', 'node-02', 'node-03', 'node-10'])
  t.same(expandHosts(['n[8-11]']), ['n8', 'n9', 'n10', 'n11'])
  t.same(expandHosts(['n[098-101]x']), ['n098x', 'n099x', 'n100x', 'n101x'])
  t.same(expandHosts(['n[99-101]']), ['n99', 'n100', 'n101'])
  t.same(expandHosts(['n[01-100]']).slice(-2), ['n99', 'n100'])
  t.end()
})

test('several brackets multiply, the last one turning fastest', (t) => {
  t.same(expandHosts(['r[1-2]-n[01-02]']), ['r1-n01', 'r1-n02', 'r2-n01', 'r2-n02'])
  t.same(expandHosts(['127.0.[0-1].[1-2]:[623-624]']).length, 8)
  t.end()
})

test('commas and blanks outside brackets separate names, and each name is given once', (t) => {
  t.same(expandHosts(['a,b[1,3] c', 'a']), ['a', 'b1', 'b3', 'c'])
  t.same(expandHosts([]), [])
  t.end()
})

test('a bracket that holds a colon is an IPv6 address and stays as it is', (t) => {
  t.same(expandHosts(['[fe80::1]:[623-624],::1']), ['[fe80::1]:623', '[fe80::1]:624', '::1'])
  t.end()
})

test('a malformed range is refused and named', (t) => {
  const wrong = [
    'n[',
    'n]',
    'n[1',
    'n[[1]]',
    'n[]',
    'n[a-b]',
    'n[1-]',
    'n[-1]',
    'n[3-1]',
    'n[1-05]',
    'n[1-2-3]',
    'a,,b',
    ',a',
    'a,',
  ]
  for (const expression of [...wrong, 'n[1-99999999999]']) {
    t.throws(() => expandHosts([expression]), UsageError, expression)
  }
  t.end()
})

test('a huge range is refused before its expansion', (t) => {
  const startedMs = performance.now()
  t.throws(() => expandHosts(['n[1-999999999]']), UsageError)
  t.throws(() => expandHosts(['n[1-1000][1-1000][1-1000][1-1000]']), UsageError)
  t.throws(() => expandHosts([`n[1-${maxHosts}]`, 'other']), UsageError)
  t.ok(performance.now() - startedMs < 2000)
  t.equal(expandHosts([`n[1-${maxHosts}]`]).length, maxHosts)
  t.end()
})
