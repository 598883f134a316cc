import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { UploadFolder } from '../../src/blobs/upload-folder.ts'

test('what a killed process left is removed', async (t) => {
  const folder = join(tempFolder(t), 'uploads')
  mkdirSync(folder)
  writeFileSync(join(folder, 'half'), 'x')
  await UploadFolder.open(folder)
  t.same(readdirSync(folder), [])
})

test('a file that is too long, a sender that breaks off and one that pauses are refused, and nothing stays', async (t) => {
  const folder = tempFolder(t)
  const uploads = await UploadFolder.open(join(folder, 'uploads'))
  const broken = new PassThrough()
  broken.write('x')
  setTimeout(() => broken.destroy(), 20)
  const cases = [
    ['REQUEST_TOO_LARGE', Readable.from([Buffer.from('123'), Buffer.from('456')])],
    ['REQUEST_INVALID', broken],
    ['REQUEST_INVALID', new PassThrough()],
  ] as const
  for (const [code, source] of cases) {
    await t.rejects(uploads.receive(source, { bytesMax: 5, idleMs: 50 }), { code })
    t.same(readdirSync(join(folder, 'uploads')), [])
  }
})

test('an upload is put in its place whole, or discarded', async (t) => {
  const folder = tempFolder(t)
  const uploads = await UploadFolder.open(join(folder, 'uploads'))
  const kept = await uploads.receive(Readable.from([Buffer.from('abc')]), { bytesMax: 3, mode: 0o700 })
  t.equal(kept.bytes, 3)
  t.match(kept.sha256, /^ba7816bf/)
  await kept.moveTo(join(folder, 'kept'))
  t.ok(existsSync(join(folder, 'kept')))
  const other = await uploads.receive(Readable.from([]), { bytesMax: 3 })
  await other.discard()
  t.same(readdirSync(join(folder, 'uploads')), [])
})
