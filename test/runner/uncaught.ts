import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'

test('a timer throws', async (t) => {
  setTimeout(() => {
    throw new Error('of a timer')
  }, 1)
  await t.test('while a subtest is at work', async () => sleep(30))
})

test('a promise is rejected', async (t) => {
  await t.test('in a subtest', async () => {
    void Promise.reject(new Error('of a promise'))
    await sleep(5)
  })
  t.pass('and the test goes on')
})

test('an error after the end', async () => {
  setTimeout(() => {
    throw new Error('too late')
  }, 1)
})

test('the test after it', async (t) => {
  await sleep(30)
  t.pass('is not blamed')
})
