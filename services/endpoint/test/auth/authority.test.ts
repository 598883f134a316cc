import { openStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { Authority } from '../../src/auth/authority.ts'
import { LoginLimited } from '../../src/auth/refusals.ts'
import { Audit } from '../../src/events/audit.ts'
import { Inventory } from '../../src/inventory/inventory.ts'
import { ParamDefinitions } from '../../src/inventory/param-definitions.ts'
import { Sealer } from '../../src/inventory/sealer.ts'

const basic = (code: string) => `Basic ${Buffer.from(`powerbus:${code}`).toString('base64')}`

async function loadAuthority(scope: Test): Promise<Authority> {
  const folder = tempFolder(scope)
  const store = await openStore({ folder })
  scope.teardown(() => store.close())
  const definitions = new ParamDefinitions(await Sealer.load(folder, store))
  const ignore = () => undefined
  const inventory = await Inventory.load({ store, definitions, isShared: false, onChange: ignore, onForeign: ignore })
  const audit = new Audit({ publish: ignore })
  return await Authority.load({ store, inventory, audit, onUseLost: (error) => scope.fail(String(error)) })
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
