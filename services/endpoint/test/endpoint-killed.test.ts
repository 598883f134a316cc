import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { endpointRequests, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from './fixtures/fixture-plugin.ts'
import { startKillableEndpoint } from './fixtures/killable-endpoint.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

test('after kill -9 during writes and uploads the endpoint keeps acknowledged changes, and its plugins end', async (t) => {
  const root = tempFolder(t)
  const [stateDir, pluginDir] = [join(root, 'state'), join(root, 'plugins')]
  mkdirSync(pluginDir)
  writeFixturePlugin(pluginDir, { action: 'answer(200, process.pid)' })
  const { child, operator } = await startKillableEndpoint(t, stateDir, pluginDir)
  const ask = endpointRequests(t, operator)
  const pid = Number((await ask('POST', 'system/actions/survey', {})).text)
  const uploads = ['providers/.uploads', 'files/.uploads'].map((folder) => join(stateDir, folder))
  const halves = () => uploads.flatMap((folder) => readdirSync(folder)).length
  for (const path of ['plugin_providers/demo', 'files/boot.img']) {
    const outgoing = httpsRequest(`${operator.url}/api/v3/${path}`, {
      method: 'POST',
      ca: operator.certificate,
      headers: {
        authorization: `Bearer ${operator.token}`,
        'content-type': 'application/octet-stream',
        'content-length': '1000000',
      },
    })
    outgoing.on('error', () => undefined)
    outgoing.write(Buffer.alloc(1000))
    t.teardown(() => outgoing.destroy())
  }
  await waitUntil('two uploads that have begun', () => halves() === 2)
  const acknowledged: string[] = []
  const writers = [0, 1, 2, 3].map(async (writer) => {
    for (let n = 0; ; n += 1) {
      const Name = `m-${writer}-${n}`
      const answer = await ask('POST', 'machines', { Name, Params: { number: n } }).catch(() => undefined)
      if (answer?.status !== 201) return
      acknowledged.push(Name)
      if (acknowledged.length === 60) child.kill('SIGKILL')
    }
  })
  await Promise.all(writers)
  t.ok(acknowledged.length >= 60)
  await waitUntil('the end of the plugin', () => {
    try {
      process.kill(pid, 0)
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH'
    }
  })
  const oldRuntime = readFileSync(join(stateDir, 'runtime'), 'utf8')
  t.ok(existsSync(oldRuntime), 'a kill leaves the sockets')
  t.equal(halves(), 2, 'a kill leaves half-written files')
  const { call } = await startTestEndpoint(t, undefined, { stateDir, pluginDir })
  t.equal(halves(), 0, 'and the next start removes them')
  t.equal((await call('GET', '/files/boot.img')).status, 404)
  t.notOk(existsSync(oldRuntime), 'and the next start removes them')
  const names = new Set((await call('GET', 'machines')).body.map(({ Name }: { Name: string }) => Name))
  t.same(
    acknowledged.filter((name) => !names.has(name)),
    [],
  )
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
})
