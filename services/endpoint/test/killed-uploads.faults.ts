import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endScope, faultSeeds, httpsRequests, openScope, tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { writeFixturePlugin } from './fixtures/fixture-plugin.ts'
import { startKillableEndpoint } from './fixtures/killable-endpoint.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

/*
 * A run: an endpoint of its own process gets new versions of a plugin provider, of a content bundle and of a file, one
 * after the other of each, and SIGKILL ends it at a moment that the seed says. At the next start each is of the last
 * version that was answered, or of the one that was under way, whole; and no half-written file is left.
 */
const PARAMS = 200
const PADDING = `\n${`# ${'x'.repeat(98)}\n`.repeat(20_000)}`

for (const seed of faultSeeds({ first: 1, few: 4, all: 60 })) {
  test(`kill -9 in the middle of uploads leaves the old or the new, whole (seed ${seed})`, async (t) => {
    const scope = openScope()
    try {
      await killedRun(t, scope, seed)
    } finally {
      await endScope(scope)
    }
  })
}

type Kind = 'provider' | 'bundle' | 'file'

async function killedRun(t: Test, scope: ReturnType<typeof openScope>, seed: number): Promise<void> {
  const root = tempFolder(scope)
  const [stateDir, pluginDir] = [join(root, 'state'), join(root, 'plugins')]
  mkdirSync(pluginDir)
  const { child, operator } = await startKillableEndpoint(scope, stateDir, pluginDir)
  const ask = httpsRequests(scope, operator.url, operator.certificate)
  const send = async (method: 'POST' | 'PUT', path: string, body: string, type: string) => {
    const headers = { authorization: `Bearer ${operator.token}`, 'content-type': type }
    return (await ask(method, `/api/v3/${path}`, { headers, body })).status
  }
  const octets = 'application/octet-stream'
  const upload: Record<Kind, (version: number) => Promise<number>> = {
    provider: (version) => send('POST', 'plugin_providers/demo', providerOf(root, version), octets),
    bundle: (version) =>
      send(
        version === 1 ? 'POST' : 'PUT',
        version === 1 ? 'contents' : 'contents/site',
        bundleOf(version),
        'application/json',
      ),
    file: (version) => send('POST', 'files/boot.img', fileOf(version), octets),
  }
  const answered: Record<Kind, number> = { provider: 0, bundle: 0, file: 0 }
  const begun: Record<Kind, number> = { provider: 0, bundle: 0, file: 0 }
  let isDead = false
  const client = async (kind: Kind) => {
    for (let version = 1; !isDead; version += 1) {
      begun[kind] = version
      const status = await upload[kind](version).catch(() => undefined)
      if (status === undefined) return
      t.ok(status === 200 || status === 201, `${kind} ${version}: ${status}`)
      answered[kind] = version
    }
  }
  const clients = Promise.all([client('provider'), client('bundle'), client('file')])
  while (answered.provider < 1 || answered.bundle < 1 || answered.file < 1) await sleep(10)
  await sleep((seed * 137) % 1500)
  isDead = true
  child.kill('SIGKILL')
  await clients
  await child.exited

  const { call, logged } = await startTestEndpoint(scope, undefined, { stateDir, pluginDir })
  const isOld = (kind: Kind, version: number) => {
    t.ok([answered[kind], begun[kind]].includes(version), `${kind} ${version} of ${answered[kind]} or ${begun[kind]}`)
  }
  const defined = (await call('GET', 'params/demo/version')).body.Schema.default
  isOld('provider', defined)
  t.equal((await call('POST', 'system/actions/survey')).body, defined, 'the program is the one of the definitions')
  t.equal((await call('GET', 'plugin_providers/demo/binary')).text, providerOf(root, defined))
  const { sections } = (await call('GET', 'contents/site')).body
  const versions = new Set(Object.values(sections.params).map((param) => Object(param).Schema.default))
  t.equal(versions.size, 1, 'a bundle is of one version')
  t.equal(Object.keys(sections.params).length, PARAMS)
  isOld('bundle', Number([...versions][0]))
  const file = (await call('GET', '/files/boot.img')).text
  const version = Number.parseInt(file, 10)
  isOld('file', version)
  t.ok(file === fileOf(version), 'the file is whole')
  for (const folder of ['providers/.uploads', 'files/.uploads', 'isos/.uploads']) {
    t.same(readdirSync(join(stateDir, folder)), [], folder)
  }
  t.same(readdirSync(join(stateDir, 'providers')).sort(), ['.uploads', 'demo'])
  t.same(
    logged.filter(({ level }) => Number(level) >= 50),
    [],
    'no error in the log',
  )
  const again = { body: providerOf(root, 9999), headers: { 'content-type': octets } }
  t.equal((await call('POST', 'plugin_providers/demo', again)).status, 201)
}

/** A program of two megabytes, whose bundle and whose action name the version. */
function providerOf(root: string, version: number): string {
  const folder = join(root, `v${version}`)
  mkdirSync(folder, { recursive: true })
  const schema = { type: 'integer', default: version }
  const params = { 'demo/version': { Name: 'demo/version', Schema: schema } }
  return readFileSync(writeFixturePlugin(folder, { params, action: `answer(200, ${version})` }), 'utf8') + PADDING
}

function bundleOf(version: number): string {
  const params = Array.from({ length: PARAMS }, (_, index) => {
    const Name = `site/p${index}`
    return [Name, { Name, Schema: { type: 'integer', default: version } }]
  })
  return JSON.stringify({ meta: { Name: 'site' }, sections: { params: Object.fromEntries(params) } })
}

function fileOf(version: number): string {
  return `${version} `.repeat(300_000)
}
