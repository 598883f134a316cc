import { test } from 'tap'
import { fileBackend } from './fixtures/file-backend.ts'
import { bootSuite, openSuite, powerSuite } from './fixtures/plugin-suite.ts'

test('every command of the built plugin works with VMs that are files', async (t) => {
  const suite = await openSuite(t, fileBackend(t))
  await powerSuite(suite)
  await bootSuite(suite)
})
