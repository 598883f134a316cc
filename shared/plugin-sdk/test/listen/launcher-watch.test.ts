import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { watchLauncher } from '../../src/listen/launcher-watch.ts'
import { bindPrivately } from '../../src/listen/private-socket.ts'

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'watch-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Watches with short times; resolves with the reason it was gone, or undefined after `waitMs`. */
async function watched(
  t: Test,
  options: { parents?: number[]; launched?: boolean; socketPath?: string; reached?: boolean },
  waitMs: number,
): Promise<string | undefined> {
  const parents = options.parents ?? [7]
  let stop = () => undefined as unknown
  const gone = new Promise<string>((resolve) => {
    stop = watchLauncher({
      parent: () => (parents.length > 1 ? parents.shift() : parents[0]) ?? 1,
      launched: options.launched ?? true,
      socketPath: options.socketPath ?? '/nonexistent/socket',
      reached: () => options.reached ?? false,
      onGone: resolve,
      parentMs: 10,
      probeMs: 20,
      goneMs: 60,
    })
  })
  t.teardown(() => stop())
  return Promise.race([gone, sleep(waitMs, undefined, { ref: false })])
}

test('another parent means that the launcher has died, but not for a plugin started by hand', async (t) => {
  t.type(await watched(t, { parents: [7, 7, 1] }, 20_000), 'string')
  t.equal(await watched(t, { parents: [7, 7, 1], launched: false }, 200), undefined)
  t.equal(await watched(t, {}, 200), undefined)
})

test('a socket that refuses for long means it too, but only once it has answered', async (t) => {
  t.type(await watched(t, { reached: true }, 20_000), 'string')
  t.equal(await watched(t, { reached: false }, 300), undefined)
  const socketPath = join(await folderOf(t), 'from')
  const server = createServer((socket) => socket.end())
  await new Promise<void>((done) => server.listen(socketPath, done))
  t.equal(await watched(t, { reached: true, socketPath }, 300), undefined)
  await new Promise((done) => server.close(done))
})

test('a socket is bound for its owner only, and the umask comes back', async (t) => {
  const path = join(await folderOf(t), 'to')
  const server = createServer()
  const before = process.umask()
  let bound = -1
  await bindPrivately(path, process, async () => {
    await new Promise<void>((done) => server.listen(path, done))
    bound = (await stat(path)).mode & 0o777
  })
  t.equal(bound, 0o600)
  t.equal(process.umask(), before)
  await t.rejects(
    bindPrivately(path, process, () => Promise.reject(new Error('never')), 0),
    { message: /another process/ },
  )
  await new Promise((done) => server.close(done))
  await writeFile(path, 'not a socket')
  await t.rejects(
    bindPrivately(path, process, () => Promise.reject(new Error('never'))),
    { message: /not a socket/ },
  )
})
