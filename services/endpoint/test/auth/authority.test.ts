import { openStore } from '@powerbus/store'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { Authority, LoginLimited } from '../../src/auth/authority.ts'

const basic = (code: string) => `Basic ${Buffer.from(`powerbus:${code}`).toString('base64')}`

async function loadAuthority(scope: TestScope): Promise<Authority> {
  const store = await openStore({ folder: tempFolder(scope) })
  scope.teardown(() => store.close())
  return await Authority.load(store)
}

test('after 20 wrong codes in a minute the right code is refused too', async (t) => {
  const authority = await loadAuthority(t)
  for (let wrong = 1; wrong <= 20; wrong += 1) {
    t.throws(() => authority.authenticate(basic(`guess ${wrong}`), true), { code: 'UNAUTHENTICATED' })
  }
  const { code } = authority.newLoginCode()
  t.throws(() => authority.authenticate(basic(code), true), LoginLimited)
})

test('after 19 wrong codes the right code still logs in', async (t) => {
  const authority = await loadAuthority(t)
  for (let wrong = 1; wrong <= 19; wrong += 1) t.throws(() => authority.authenticate(basic('guess'), true))
  t.match(authority.authenticate(basic(authority.newLoginCode().code), true), { kind: 'user' })
})
