import { test } from 'tap'
import { FOREIGN, fakeBackend } from './fixtures/fake-backend.ts'
import { eventsSuite, openSuite } from './fixtures/plugin-suite.ts'

test('machines are made and deleted on VirtualBox by events, and powered through their BMCs; foreign VMs stay', async (t) => {
  const suite = await openSuite(t, fakeBackend(t))
  const { plugin, backend } = suite
  const imported = await plugin.machine('Ubung-zwei')
  await plugin.drp.machines.delete(imported.Uuid)
  await eventsSuite(suite)
  t.ok(backend.vm(FOREIGN), 'a machine that was imported is deleted, and its VM stays')
})
