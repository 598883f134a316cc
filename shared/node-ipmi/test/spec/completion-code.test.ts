import { test } from 'tap'
import { completionMeaning } from '../../src/spec/completion-code.ts'

test('every completion code has a meaning, which leaves the name of the command to the message', async (t) => {
  for (let code = 0; code <= 0xff; code++) {
    t.ok(completionMeaning(code).length > 5, `${code}`)
    t.notMatch(completionMeaning(code), /the command\b/, `${code}`)
  }
})
