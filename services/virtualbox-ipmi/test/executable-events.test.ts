import { test } from 'tap'
import { FOREIGN, fakeBackend } from './fixtures/fake-backend.ts'
import { eventsSuite, openSuite } from './fixtures/plugin-suite.ts'

test('events make and destroy VMs of VirtualBox, BMCs power them, and foreign VMs stay', async (t) => {
  const suite = await openSuite(t, fakeBackend(t))
  const { plugin, backend } = suite
  const imported = await plugin.machine('Ubung-zwei')
  await plugin.drp.machines.delete(imported.Uuid)
  await eventsSuite(suite)
  t.ok(backend.vm(FOREIGN), 'the VM of an imported machine stays')
})
