import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLab } from '@powerbus/lab'
import {
  type ChildProcessHandle,
  descendantsOf,
  runProgram,
  startProcess,
  type TestScope,
  tempFolder,
  within,
} from '@powerbus/testkit'
import { test } from 'tap'
import { pluginReady, startEndpointProcess } from './cluster/launched-endpoint.ts'
import { startDeployedNats, startDeployedRedis } from './deployed-servers.ts'

const programs = join(import.meta.dirname, '../dist')
const credentials = { username: 'admin', password: 'smoke-password' }

interface Backends {
  /** Variables of a process that has the rights of this user. */
  environmentOf(user: 'endpoint' | 'ipmi'): Record<string, string>
  readonly secrets: string
}

async function startBackends(scope: TestScope): Promise<Backends> {
  const nats = await startDeployedNats(scope)
  const redis = await startDeployedRedis(scope, { secrets: nats.secrets, folder: tempFolder(scope) })
  return {
    secrets: nats.secrets,
    environmentOf: (user) => ({
      NATS_URL: nats.url,
      NATS_USER: user,
      NATS_PASSWORD_FILE: nats.passwordFile(user),
      REDIS_URL: redis.url,
      REDIS_USERNAME: user,
      REDIS_PASSWORD_FILE: redis.passwordFile(user),
    }),
  }
}

async function startService(scope: TestScope, { environmentOf, secrets }: Backends) {
  const state = tempFolder(scope)
  const tokenFile = join(secrets, 'serve.token')
  const args = ['serve', '--http', '127.0.0.1:0', '--token-file', tokenFile, '--state', state, '--instance', 'smoke']
  const process = await startProcess(scope, join(programs, 'plugins/ipmi'), args, { env: environmentOf('ipmi') })
  const [url] = await process.waitForOutput(/^http:\/\/\S+$/m)
  return { process, url, state, token: readFileSync(tokenFile, 'utf8').trim() }
}

/** Stops it as a supervisor does; gives how it ended and what is left of it. */
async function stopped(process: ChildProcessHandle): Promise<{ code: number | null; left: number[] }> {
  const tree = descendantsOf(process.pid)
  process.kill('SIGTERM')
  const { code } = await within('a process to stop', process.exited, 60_000)
  return { code, left: tree.filter((pid) => readdirSync('/proc').includes(String(pid))) }
}

function socketsIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => name)
}

test('with the deployed NATS and Redis an action goes from the command line over the bus to a BMC', async (t) => {
  const backends = await startBackends(t)
  const lab = await startLab({ count: 1, port: 0, credentials })
  t.teardown(() => lab.close())
  const endpoint = await startEndpointProcess(t, backends.environmentOf('endpoint'))
  const service = await startService(t, backends)
  await pluginReady(endpoint, 'ipmi')

  const home = tempFolder(t)
  const env = { POWERBUS_HOME: home, XDG_CONFIG_HOME: home, RS_ENDPOINT: endpoint.url, RS_TOKEN: endpoint.token }
  const powerbus = (...args: string[]) => runProgram(join(programs, 'bin/powerbus'), args, { env, timeoutMs: 60_000 })
  const { port } = lab.bmcs[0] ?? { port: 0 }
  const params = { 'ipmi/address': '127.0.0.1', 'ipmi/port-ipmitool': port, 'ipmi/mode': 'ipmitool' }
  const secret = { 'ipmi/username': credentials.username, 'ipmi/password': credentials.password }
  t.match(await endpoint.ask('POST', 'machines', { Name: 'one', Params: { ...params, ...secret } }), { status: 201 })

  const done = await powerbus('poweron', 'one', '--json')
  t.match(
    { code: done.code, answer: JSON.parse(done.stdout) },
    { code: 0, answer: { ok: true, result: { Power: 'on' } } },
  )
  t.equal(lab.machines[0]?.isOn(), true)

  const { url, token } = service
  t.match(await fetch(`${url}/healthz`), { status: 200 })
  t.same(await (await fetch(`${url}/readyz`)).json(), {
    ready: true,
    config: 'ok',
    bus: 'ok',
    store: 'ok',
    stopping: false,
  })
  t.match(await fetch(`${url}/metrics`), { status: 401 }, 'not without the token')
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  t.match(await metrics.text(), /^powerbus_\w*action\w*\{[^}]*command="poweron"[^}]*\} 1$/m)

  t.same(await stopped(service.process), { code: 0, left: [] })
  t.same(socketsIn(service.state), [])
  await t.rejects(fetch(`${url}/healthz`), 'its port is free')
  t.same(await stopped(endpoint.process), { code: 0, left: [] })
  for (const child of [service.process, endpoint.process]) {
    const said = child.output.stdout + child.output.stderr
    t.notMatch(said, credentials.password, 'no secret was printed')
  }
})
