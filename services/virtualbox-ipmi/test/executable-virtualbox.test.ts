import { test } from 'tap'
import { FOREIGN, fakeBackend } from './fixtures/fake-backend.ts'
import { openSuite, powerSuite } from './fixtures/plugin-suite.ts'

test('the built plugin makes, powers and destroys VMs of VirtualBox, and never destroys an imported one', async (t) => {
  const suite = await openSuite(t, fakeBackend(t))
  await powerSuite(suite)
  const { plugin, backend } = suite
  const imported = await plugin.machine('Ubung-zwei')
  t.match(imported.Params, { 'virtualbox/id': FOREIGN, 'virtualbox/name': 'Übung "zwei"', 'machine-plugin': 'vms' })
  t.match(await plugin.act('Ubung-zwei', 'powercycle'), { Power: 'on', Verified: true })
  t.match(await plugin.order('destroyVm', { 'virtualbox/id': FOREIGN }), { status: 409 })
  t.ok(backend.vm(FOREIGN))
})
