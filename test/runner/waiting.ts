// Run by test-runner.test.ts, which kills the runner meanwhile: servers in sessions of their own, and one of which the
// environment says nothing.
import { renameSync, writeFileSync } from 'node:fs'
import { startNatsServer, startProcess, startRedis, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'

test('servers that run until they are ended', async (t) => {
  const redis = await startRedis(t)
  const nats = await startNatsServer(t)
  const bare = await startProcess(t, 'env', ['-i', '/bin/sleep', '600'])
  const found = {
    temp: tempFolder(t),
    bundle: process.env.POWERBUS_TEST_BUNDLE,
    ports: [redis.port, nats.port],
    bare: bare.pid,
  }
  const file = process.env.POWERBUS_WAITING_FILE ?? ''
  writeFileSync(`${file}.new`, JSON.stringify(found))
  renameSync(`${file}.new`, file)
  await bare.exited
})
