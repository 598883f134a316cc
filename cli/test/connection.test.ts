import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from '@powerbus/store'
import { test } from 'tap'
import { CliError, UsageError } from '../src/cli-error.ts'
import { contextFile, endpointFile, findConnection } from '../src/endpoint/connection.ts'

const saved = { url: 'https://10.0.0.1:8092', token: 'saved', fingerprint: 'AA:BB' }
const local = { url: 'https://127.0.0.1:8092', token: 'local' }

test('the environment wins over a login, and a login over the local endpoint', async (t) => {
  const folder = t.testdir()
  const env = { XDG_CONFIG_HOME: join(folder, 'config'), POWERBUS_HOME: join(folder, 'state') }
  await t.rejects(findConnection(env), CliError)
  await writePrivateFile(endpointFile(env.POWERBUS_HOME), JSON.stringify(local))
  t.same(await findConnection(env), local)
  await writePrivateFile(contextFile(env), JSON.stringify(saved))
  t.same(await findConnection(env), saved)
  const given = { ...env, RS_ENDPOINT: 'https://10.0.0.2:8092', RS_TOKEN: 'given' }
  t.same(await findConnection(given), { url: 'https://10.0.0.2:8092', token: 'given' })
  await t.rejects(findConnection({ ...env, RS_ENDPOINT: 'https://10.0.0.2:8092' }), UsageError)
})

test('a malformed saved file is reported and not used', async (t) => {
  const folder = t.testdir()
  const env = { XDG_CONFIG_HOME: folder, POWERBUS_HOME: folder }
  await mkdir(join(folder, 'powerbus'))
  for (const text of ['{', '[]', '{"url":"https://a"}']) {
    await writeFile(contextFile(env), text)
    await t.rejects(findConnection(env), /context\.json/)
  }
})

test('a saved file is readable by its owner alone, even where it replaces a public one', async (t) => {
  const path = join(t.testdir({ old: 'x' }), 'old')
  await chmod(path, 0o644)
  await writePrivateFile(path, 'secret')
  t.equal((await stat(path)).mode & 0o777, 0o600)
})
