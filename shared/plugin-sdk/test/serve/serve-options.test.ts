import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { serveOptions } from '../../src/serve/serve-options.ts'

const silent = () => undefined

test('the token for the DRP API comes from a file, which goes before the variable', async (t) => {
  const file = join(tempFolder(t), 'token')
  await writeFile(file, 'from-the-file\n', { mode: 0o600 })
  const both = await serveOptions({}, { RS_TOKEN_FILE: file, RS_TOKEN: 'from-the-variable' }, silent)
  t.equal(both.apiToken.reveal(), 'from-the-file')
  t.equal((await serveOptions({}, { RS_TOKEN: 'from-the-variable' }, silent)).apiToken.reveal(), 'from-the-variable')
  t.equal((await serveOptions({}, {}, silent)).apiToken.reveal(), '')
})

test('a token file that cannot be read is an error that names it', async (t) => {
  const file = join(tempFolder(t), 'missing')
  await t.rejects(serveOptions({}, { RS_TOKEN_FILE: file }, silent), { message: new RegExp(file) })
})
