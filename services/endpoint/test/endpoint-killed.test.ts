import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledProgram, endpointRequests, startProcess, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from './fixtures/fixture-plugin.ts'
import { readOperatorFile } from './fixtures/read-operator-file.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

test('after kill -9 during writes the endpoint keeps acknowledged changes, and its plugins end', async (t) => {
  const root = tempFolder(t)
  const [stateDir, pluginDir] = [join(root, 'state'), join(root, 'plugins')]
  mkdirSync(pluginDir)
  writeFixturePlugin(pluginDir, { action: 'answer(200, process.pid)' })
  const script = bundledProgram(join(import.meta.dirname, 'fixtures/endpoint-process.ts'))
  const node = [script, stateDir, pluginDir]
  const child = await startProcess(t, process.execPath, node)
  await child.waitForOutput(/"url"/)
  const operator = await readOperatorFile(stateDir)
  if (!operator) throw new Error('the endpoint wrote no operator file')
  const ask = endpointRequests(t, operator)
  const pid = Number((await ask('POST', 'system/actions/survey', {})).text)
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
  const { call } = await startTestEndpoint(t, undefined, { stateDir, pluginDir })
  t.notOk(existsSync(oldRuntime), 'and the next start removes them')
  const names = new Set((await call('GET', 'machines')).body.map(({ Name }: { Name: string }) => Name))
  t.same(
    acknowledged.filter((name) => !names.has(name)),
    [],
  )
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
})
