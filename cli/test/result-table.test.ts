import { test } from 'tap'
import { formatResults } from '../src/result-table.ts'

test('results are a table, with errors in a column of their own', (t) => {
  const rows = [
    { name: 'node-01', result: { Power: 'on', Changed: false } },
    { name: 'node-02', error: 'no answer' },
  ]
  t.same(formatResults('MACHINE', rows), [
    'MACHINE  POWER  CHANGED  ERROR',
    'node-01  on     no',
    'node-02                  no answer',
  ])
  t.end()
})

test('results with many fields are lists, with inner fields under both names', (t) => {
  const result = { a: 1, b: { c: 'x', d: [1] }, e: 1, f: 1, g: 1, h: 1, i: null }
  t.same(formatResults('MACHINE', [{ name: 'n1', result }]).slice(0, 4), ['n1', '  a: 1', '  b.c: x', '  b.d: [1]'])
  t.end()
})

test('a result that is no object is one column', (t) => {
  t.same(formatResults('MACHINE', [{ name: 'n1', result: 'done' }]), ['MACHINE  RESULT', 'n1       done'])
  t.same(formatResults('MACHINE', [{ name: 'n1', result: null }]), ['MACHINE', 'n1'])
  t.end()
})
