import { test } from 'tap'
import { fileBackend } from './fixtures/file-backend.ts'
import { eventsSuite, openSuite } from './fixtures/plugin-suite.ts'

test('events make and destroy VMs that are files, and BMCs power them', async (t) => {
  await eventsSuite(await openSuite(t, fileBackend(t)))
})
