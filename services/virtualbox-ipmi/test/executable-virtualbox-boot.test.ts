import { test } from 'tap'
import { fakeBackend } from './fixtures/fake-backend.ts'
import { bootSuite, openSuite } from './fixtures/plugin-suite.ts'

test('the built plugin sets the boot device of VMs of VirtualBox', async (t) => {
  await bootSuite(await openSuite(t, fakeBackend(t)))
})
