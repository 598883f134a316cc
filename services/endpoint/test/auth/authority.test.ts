import { openStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { Authority } from '../../src/auth/authority.ts'
import { PasswordBook } from '../../src/auth/password-book.ts'
import { LoginLimited } from '../../src/auth/refusals.ts'
import { Users } from '../../src/auth/users.ts'
import { Audit } from '../../src/events/audit.ts'
import { Inventory } from '../../src/inventory/inventory.ts'
import { ParamDefinitions } from '../../src/inventory/param-definitions.ts'
import { Sealer } from '../../src/inventory/sealer.ts'

async function loadAuthority(scope: Test): Promise<Authority> {
  const folder = tempFolder(scope)
  const store = await openStore({ folder })
  scope.teardown(() => store.close())
  const definitions = new ParamDefinitions(await Sealer.load(folder, store))
  const ignore = () => undefined
  const inventory = await Inventory.load({ store, definitions, isShared: false, onChange: ignore, onForeign: ignore })
  const audit = new Audit({ publish: ignore })
  const passwords = await inventory.alongside((sharing) => new PasswordBook(store, sharing))
  const users = new Users(passwords, () => undefined)
  return await Authority.load({ store, inventory, audit, users, onUseLost: (error) => scope.fail(String(error)) })
}

test('after 20 wrong codes in a minute the right code is refused too', async (t) => {
  const authority = await loadAuthority(t)
  for (let wrong = 1; wrong <= 20; wrong += 1) {
    t.throws(() => authority.redeemCode('powerbus', `guess ${wrong}`), { code: 'UNAUTHENTICATED' })
  }
  const { code } = authority.newLoginCode()
  t.throws(() => authority.redeemCode('powerbus', code), LoginLimited)
})

test('after 19 wrong codes the right code still logs in', async (t) => {
  const authority = await loadAuthority(t)
  for (let wrong = 1; wrong <= 19; wrong += 1) t.throws(() => authority.redeemCode('powerbus', 'guess'))
  t.match(authority.redeemCode('powerbus', authority.newLoginCode().code), { kind: 'user' })
})
