// Run by test-runner.test.ts: it fails in every way that an assertion can.
import { test } from 'tap'

test('outer', async (t) => {
  t.ok(true, 'holds')
  await t.test('inner', async (t) => {
    t.same({ port: 1 }, { port: 2 }, 'the ports are the same')
  })
  t.ok(true, 'left out', { skip: 'no time' })
})

test('a test that throws', async () => {
  throw new TypeError('a broken test')
})
