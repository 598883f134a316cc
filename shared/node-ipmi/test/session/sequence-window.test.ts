import { test } from 'tap'
import { SequenceWindow } from '../../src/session/sequence-window.ts'

test('each number is accepted once, in any order within a window of 16', async (t) => {
  const window = new SequenceWindow()
  for (const number of [1, 3, 2, 10, 4, 26, 11]) t.ok(window.accept(number), `${number}`)
  for (const number of [0, 1, 3, 2, 10, 26, 11]) t.notOk(window.accept(number), `${number} again or too old`)
  t.notOk(window.accept(43), 'too far ahead')
  t.ok(window.accept(42))
  t.ok(window.accept(27))
  t.notOk(window.accept(26), 'sixteen behind')
})
