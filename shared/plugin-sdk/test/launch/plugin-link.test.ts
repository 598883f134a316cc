import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { PluginLink } from '../../src/launch/plugin-link.ts'

async function listen(scope: TestScope, path: string, listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(path)
  scope.teardown(() => server.close())
  await once(server, 'listening')
}

test('a plugin that closes the connection in the middle of an action leaves its outcome unknown', async (t) => {
  const path = join(tempFolder(t), 'to')
  const link = new PluginLink('lamps', path)
  t.teardown(() => link.close())
  const call = () => link.call('action', {}, { requestId: 'r', signal: new AbortController().signal })
  await t.rejects(call(), { code: 'PLUGIN_UNAVAILABLE' }, 'before it listens nothing was sent')
  await listen(t, path, (request) => request.socket.destroy())
  await t.rejects(call(), { code: 'OUTCOME_UNKNOWN' })
})

test('a link that is closed in the middle of an action leaves its outcome unknown, and takes none after that', async (t) => {
  const path = join(tempFolder(t), 'to')
  const link = new PluginLink('lamps', path)
  const call = () => link.call('action', {}, { requestId: 'r', signal: new AbortController().signal })
  const arrived = new Promise<void>((resolve) => void listen(t, path, () => resolve()))
  await waitUntil('the socket', () => existsSync(path))
  const lost = t.rejects(call(), { code: 'OUTCOME_UNKNOWN' })
  await arrived
  await link.close()
  await lost
  await t.rejects(call(), { code: 'PLUGIN_UNAVAILABLE' })
})
