import { test } from 'tap'
import { closest } from '../src/edit-distance.ts'

test('a mistyped word suggests the nearest candidate, and an unrelated word none', (t) => {
  const words = ['machines', 'status', 'poweron', 'poweroff', 'up']
  t.equal(closest('machnes', words), 'machines')
  t.equal(closest('powerof', words), 'poweroff')
  t.equal(closest('satus', words), 'status')
  t.equal(closest('u', words), undefined)
  t.equal(closest('teleport', words), undefined)
  t.end()
})
