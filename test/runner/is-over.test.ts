import { test } from 'tap'
import { isOver } from './is-over.ts'

test('a count over the limit', async (t) => {
  t.equal(isOver(5, 4), true)
  t.equal(isOver(3, 4), false)
})
