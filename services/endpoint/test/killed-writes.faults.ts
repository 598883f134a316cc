import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import { endpointRequests, endScope, faultSeeds, openScope, tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { startKillableEndpoint } from './fixtures/killable-endpoint.ts'
import { startTestEndpoint } from './fixtures/running-endpoint.ts'

/*
 * A run: an endpoint of its own process gets 1,000 writes of all kinds by several clients, and SIGKILL ends it after as
 * many answers as the seed says. The next start must read a whole store, with every write that was answered; of the writes
 * that were under way each is there whole or not at all.
 */
const WRITES = 1000
const KINDS = ['machines', 'profiles', 'params', 'stages', 'tasks', 'templates', 'workflows', 'bootenvs'] as const

/** What the store must have of an object: one of these values; undefined is absence. */
type Wanted = Map<string, readonly (string | undefined)[]>

function numbers(seed: number): (below: number) => number {
  let state = (seed * 7919 + 17) % 2147483647
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

for (const seed of faultSeeds({ first: 1, few: 4, all: 200 })) {
  test(`kill -9 in the middle of ${WRITES} writes loses nothing that was answered (seed ${seed})`, async (t) => {
    const scope = openScope()
    try {
      await killedRun(t, scope, seed)
    } finally {
      await endScope(scope)
    }
  })
}

async function killedRun(t: Test, scope: ReturnType<typeof openScope>, seed: number): Promise<void> {
  const next = numbers(seed)
  const root = tempFolder(scope)
  const [stateDir, pluginDir] = [join(root, 'state'), join(root, 'plugins')]
  mkdirSync(pluginDir)
  const { child, operator } = await startKillableEndpoint(scope, stateDir, pluginDir)
  const ask = endpointRequests(scope, operator)
  const send = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
    (await ask(method, path, body)).status

  const wanted: Wanted = new Map()
  const killAfter = 1 + next(WRITES - 1)
  let [sent, answered, isDead] = [0, 0, false]
  /** One client writes to keys of its own, one write at a time. */
  const client = async (number: number) => {
    while (sent < WRITES && !isDead) {
      sent += 1
      const kind = KINDS[next(KINDS.length)] ?? 'machines'
      const name = `n${number}-${next(12)}`
      const key = kind === 'params' ? `of/${name}` : name
      const path = `${kind}/${kind === 'machines' ? `Name:${key}` : key}`
      const [present] = wanted.get(path) ?? []
      const value = `v${sent}-${'x'.repeat(next(400))}`
      const isRemoval = present !== undefined && next(4) === 0
      const after = isRemoval ? undefined : value
      wanted.set(path, [present, after])
      const field = kind === 'templates' ? 'ID' : 'Name'
      const patch = [{ op: 'replace', path: '/Description', from: '', value }]
      const write = isRemoval
        ? send('DELETE', path)
        : present === undefined
          ? send('POST', kind, { [field]: key, Description: value })
          : send('PATCH', path, patch)
      const status = await write.catch(() => undefined)
      if (status === undefined) return
      t.ok(status === 200 || status === 201, `${path}: ${status}`)
      wanted.set(path, [after])
      answered += 1
      if (answered === killAfter) {
        isDead = true
        child.kill('SIGKILL')
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, number) => client(number)))
  t.ok(answered >= killAfter, `${answered} of ${sent} writes were answered`)
  // Its connections break before the kernel has let go of its folder.
  await child.exited

  const { call, logged } = await startTestEndpoint(scope, undefined, { stateDir, pluginDir })
  const found = new Map<string, JsonObject>()
  for (const kind of KINDS) {
    for (const object of (await call('GET', kind)).body.filter(isJsonObject)) {
      const name = String(object.Name ?? object.ID)
      if (object.ReadOnly !== true) found.set(`${kind}/${kind === 'machines' ? `Name:${name}` : name}`, object)
    }
  }
  const wrong: unknown[] = []
  for (const [path, values] of wanted) {
    const value = found.get(path)?.Description
    if (!values.some((one) => isDeepStrictEqual(one, value))) wrong.push([path, String(value).slice(0, 9)])
  }
  for (const path of found.keys())
    if (!wanted.has(path) && path !== 'profiles/global') wrong.push(['nobody sent', path])
  t.same(wrong, [])
  t.same(
    logged.filter(({ level }) => Number(level) >= 50),
    [],
    'no error in the log',
  )
  t.equal((await call('POST', 'machines', { body: { Name: 'after-it' } })).status, 201)
}
