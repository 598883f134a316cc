import { test } from 'tap'
import { fileBackend } from './fixtures/file-backend.ts'
import { bootSuite, eventsSuite, openSuite, powerSuite } from './fixtures/plugin-suite.ts'

test('the built plugin with VMs that are files: every command, events, BMCs', async (t) => {
  const suite = await openSuite(t, fileBackend(t))
  await Promise.all([powerSuite(suite), bootSuite(suite)])
  await eventsSuite(suite)
})
