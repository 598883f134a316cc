import { test } from 'tap'
import { fileBackend } from './fixtures/file-backend.ts'
import { eventsSuite, openSuite } from './fixtures/plugin-suite.ts'

test('machines are made and deleted as files by events, and powered through their BMCs', async (t) => {
  await eventsSuite(await openSuite(t, fileBackend(t)))
})
