import { test } from 'tap'
import { LOGIN_CODE_LIFETIME_MS, LoginCode } from '../../src/auth/login-code.ts'

test('a login code is valid once', async (t) => {
  const code = new LoginCode(0)
  t.equal(code.redeem('wrong', 1), false)
  t.equal(code.redeem(code.text, 2), true)
  t.equal(code.redeem(code.text, 3), false)
  t.not(new LoginCode(0).text, code.text)
})

test('a login code expires after 15 minutes', async (t) => {
  t.equal(new LoginCode(0).redeem('', LOGIN_CODE_LIFETIME_MS - 1), false)
  const code = new LoginCode(5)
  t.equal(code.redeem(code.text, LOGIN_CODE_LIFETIME_MS + 5), false)
  t.equal(code.redeem(code.text, LOGIN_CODE_LIFETIME_MS + 4), true)
})

test('wrong attempts do not use up a login code', async (t) => {
  const code = new LoginCode(0)
  for (let n = 0; n < 100; n += 1) code.redeem(`${n}`, 0)
  t.equal(code.redeem(code.text, 0), true)
})
