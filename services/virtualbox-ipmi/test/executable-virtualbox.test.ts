import { test } from 'tap'
import { FOREIGN, fakeBackend } from './fixtures/fake-backend.ts'
import { bootSuite, openSuite, powerSuite, quick } from './fixtures/plugin-suite.ts'

test('every command of the built plugin works with VirtualBox, and no imported VM is destroyed', async (t) => {
  const suite = await openSuite(t, fakeBackend(t))
  await Promise.all([powerSuite(suite), bootSuite(suite)])
  const { plugin, backend } = suite
  const imported = await plugin.machine('Ubung-zwei')
  t.match(imported.Params, { 'virtualbox/id': FOREIGN, 'virtualbox/name': 'Übung "zwei"', 'machine-plugin': 'vms' })
  t.match(await plugin.act('Ubung-zwei', 'powercycle', quick), { Power: 'on', Verified: true })
  t.match(await plugin.order('destroyVm', { 'virtualbox/id': FOREIGN }), { status: 409 })
  t.ok(backend.vm(FOREIGN))
})
