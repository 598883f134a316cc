import { test } from 'tap'
import { tapOutput } from '../tooling/tap-output.mjs'

function read(text: string): { printed: string[]; totals: unknown } {
  const printed: string[] = []
  const output = tapOutput((line) => printed.push(line))
  // In pieces that end anywhere, as a pipe gives them.
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) output.write(piece)
  return { totals: output.end(), printed }
}

const passing = ['# Subtest: a.test.ts', '    ok 1 - fine', '    1..1', 'ok 1 - a.test.ts # time=5ms']
const failing = [
  '# Subtest: b.test.ts',
  '    not ok 1 - broken',
  'not ok 2 - b.test.ts',
  '  ---',
  '  exitCode: 1',
  '  ...',
]

test('a passing file is one line, a failing one is shown without what passed in it, and the totals are counted', async (t) => {
  const withPassed = failing.toSpliced(1, 0, '    ok 1 - fine')
  const { printed, totals } = read(
    [...passing, ...withPassed, ...passing, '# { total: 3, pass: 2, fail: 1 }'].join('\n'),
  )
  t.same(printed, ['ok a.test.ts # time=5ms', ...failing, 'ok a.test.ts # time=5ms'])
  t.same(totals, { passed: 2, failed: 1, skipped: 0, todo: 0 })
})

test('what is left out is counted and shown', async (t) => {
  const skipped = '    ok 1 - later # SKIP'
  const { printed, totals } = read([skipped, 'ok 1 - a.test.ts', '# { total: 3, todo: 2, skip: 1 }\n'].join('\n'))
  t.same(printed, ['ok a.test.ts', skipped])
  t.same(totals, { passed: 0, failed: 0, skipped: 1, todo: 2 })
})

test('output that ends in the middle has no totals, and is shown', async (t) => {
  const { printed, totals } = read(passing.slice(0, 2).join('\n'))
  t.equal(totals, undefined)
  t.same(printed, passing.slice(0, 2))
})
