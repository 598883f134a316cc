import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { basic } from '../fixtures/tokens.ts'

test("two endpoints on one store know each other's users, passwords and their end at once", async (t) => {
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const a = await startTestEndpoint(t, undefined, { store })
  const stateDir = join(tempFolder(t), 'state')
  mkdirSync(stateDir)
  copyFileSync(join(a.stateDir, 'secure-params.key'), join(stateDir, 'secure-params.key'))
  const b = await startTestEndpoint(t, undefined, { store, stateDir })
  const as = (password: string) => ({ token: '', headers: basic('ada', password) })

  await a.call('POST', 'users', { body: { Name: 'ada', Roles: ['admin'] } })
  await a.call('PUT', 'users/ada/password', { body: { Password: 'the first one' } })
  t.equal((await b.call('GET', 'machines', as('the first one'))).status, 200)
  const lasting = await b.call('POST', 'tokens', { ...as('the first one'), body: { Name: 'script', Ttl: 86_400 * 30 } })
  t.equal(lasting.status, 201, 'a password is a source of tokens for scripts')
  const script = { token: lasting.body.Token }
  t.equal((await a.call('GET', 'machines', script)).status, 200)

  await a.call('PATCH', 'users/ada', { body: [{ op: 'replace', path: '/Roles', value: ['read'] }] })
  t.equal((await b.call('GET', 'machines', script)).status, 401, 'it could do more than she may')
  t.equal((await b.call('POST', 'machines', { ...as('the first one'), body: { Name: 'm1' } })).status, 403)

  const { Token } = (await b.call('GET', 'users/ada/token', as('the first one'))).body
  await a.call('PUT', 'users/ada/password', { body: { Password: 'the second one' } })
  t.equal((await b.call('GET', 'machines', { token: Token })).status, 401)
  t.not((await b.call('GET', 'machines', as('the first one'))).status, 200, 'not even from what it remembers')
  t.equal((await b.call('GET', 'machines', as('the second one'))).status, 200)
  await b.call('DELETE', 'users/ada')
  t.not((await a.call('GET', 'machines', as('the second one'))).status, 200)
})
