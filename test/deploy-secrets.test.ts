import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { deployFolder, makeSecrets } from './deployed-servers.ts'

function modesIn(folder: string): Set<number> {
  return new Set(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777))
}

test('secrets are long, all different, new each time, and readable by their owner alone', async (t) => {
  const [first, second] = [await makeSecrets(t), await makeSecrets(t)]
  const secrets = [first, second].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(password|token)$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  )
  t.ok(secrets.length >= 14)
  t.equal(new Set(secrets).size, secrets.length)
  for (const secret of secrets) t.match(secret, /^[0-9a-f]{64}$/)
  t.equal(statSync(first).mode & 0o777, 0o700)
  t.same(modesIn(first), new Set([0o600]))
})

test('for containers, which have users of their own, the folder alone keeps others out', async (t) => {
  const folder = await makeSecrets(t, '--container')
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.same(modesIn(folder), new Set([0o444]))
})

test('what Redis gets is no password', async (t) => {
  const folder = await makeSecrets(t)
  const users = readFileSync(join(folder, 'redis-users.acl'), 'utf8')
  for (const name of readdirSync(folder).filter((file) => /^redis-.*\.password$/.test(file))) {
    t.notOk(users.includes(readFileSync(join(folder, name), 'utf8')), name)
  }
  t.notMatch(users, /[{}>]/)
})

test('a folder that is there is left as it is, and a call without a folder is refused', async (t) => {
  const there = join(tempFolder(t), 'there')
  mkdirSync(there)
  const program = join(deployFolder, 'make-secrets.mjs')
  t.not((await runProgram(process.execPath, [program, there])).code, 0)
  t.same(readdirSync(there), [])
  t.equal((await runProgram(process.execPath, [program])).code, 2)
})

test('every file of deploy/ that the document names is there, and every variable is one that something reads', async (t) => {
  const document = readFileSync(join(deployFolder, '../docs/deploying.md'), 'utf8')
  const paths = [...document.matchAll(/\bdeploy\/[\w./-]*\w/g)].map(([path]) => path)
  t.ok(paths.length > 10)
  const made = readdirSync(await makeSecrets(t)).map((name) => `deploy/secrets/${name}`)
  for (const path of paths.filter((named) => named !== 'deploy/secrets')) {
    t.ok(made.includes(path) || existsSync(join(deployFolder, '..', path)), path)
  }
  const readers = ['../shared/bus/src/connect-bus.ts', '../shared/store/src/redis/credentials.ts', 'compose.yaml']
  const units = ['systemd/powerbus-endpoint.service', 'systemd/powerbus-plugin@.service', 'container/Containerfile']
  const known = [...readers, ...units].map((path) => readFileSync(join(deployFolder, path), 'utf8')).join('\n')
  for (const [name] of document.matchAll(/\b(?:NATS|REDIS|POWERBUS|NODE)_[A-Z_]+[A-Z]\b/g)) {
    if (!['POWERBUS_EVENTS', 'POWERBUS_DEAD'].includes(name)) t.match(known, name, name)
  }
})
