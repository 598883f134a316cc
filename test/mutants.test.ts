import { join } from 'node:path'
import { runProgram } from '@powerbus/testkit'
import { test } from 'tap'

const program = join(import.meta.dirname, '../tooling/mutants.mjs')

test('changes that the tests notice are killed, others are named with file and line', async (t) => {
  const { stdout, code } = await runProgram(process.execPath, [program, 'test/runner/is-over.ts'], {
    timeoutMs: 100_000,
  })
  t.equal(code, 1)
  t.match(
    stdout,
    /^survived test\/runner\/is-over\.ts:3\n {2}- return count > limit .*\n {2}\+ return count >= limit /m,
  )
  t.notMatch(stdout, /\+ return void /, 'a test fails without what is returned')
  t.match(stdout, /^test\/runner\/is-over\.ts: 3 killed, 2 survived, by 1 test files$/m)
})
