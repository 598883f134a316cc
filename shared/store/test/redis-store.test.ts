import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freeTcpPort, startProcess, startRedis, tempFolder, waitUntil, within } from '@powerbus/testkit'
import { Redis } from 'ioredis'
import { generate } from 'selfsigned'
import { type Test, test } from 'tap'
import { conformance } from '../src/conformance.ts'
import { EmbeddedStore, openStore, type StoreError } from '../src/index.ts'
import { RedisStore, type RedisStoreOptions } from '../src/redis/redis-store.ts'

async function open(t: Test, options: RedisStoreOptions): Promise<RedisStore> {
  const store = await RedisStore.open(options)
  t.teardown(() => store.close())
  return store
}

test('openStore uses Redis if there is an address, else the folder', async (t) => {
  const server = await startRedis(t)
  const folder = tempFolder(t)
  const redis = await openStore({ url: server.url, folder })
  await redis.set('a', 1)
  await redis.close()
  for (const url of [undefined, '']) {
    const embedded = await openStore({ url, folder })
    t.ok(embedded instanceof EmbeddedStore)
    t.equal(await embedded.get('a'), undefined)
    await embedded.close()
  }
})

test('values, locks and fences survive a crash of the server, and the client reconnects by itself', async (t) => {
  const server = await startRedis(t)
  const notices: string[] = []
  const store = await open(t, { url: server.url, commandMs: 300, onNotice: (text) => notices.push(text) })
  await store.set('kept', { a: 1 }, { ttlMs: 600_000 })
  const first = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 60_000, waitMs: 0 })
  const before = await store.lock({ key: 'late', owner: 'b', ttlMs: 60_000, waitMs: 0 })
  const waiting = store.lock({ key: 'late', owner: 'c', ttlMs: 60_000, waitMs: 20_000 })
  // Its place in the line: the server handles the commands of a client in their order.
  await store.get('kept')
  await server.kill()
  const away = ['get', 'set', 'takeSlot'] as const
  const errors = await Promise.all([
    store.get('kept').catch((error: StoreError) => error.code),
    store.set('kept', 2).catch((error: StoreError) => error.code),
    store.takeSlot('row', 1).catch((error: StoreError) => error.code),
  ])
  t.same(
    errors,
    away.map(() => 'STORE_UNAVAILABLE'),
  )
  await t.rejects(store.lock({ key: 'other', owner: 'b', ttlMs: 1000, waitMs: 100 }), { code: 'STORE_UNAVAILABLE' })
  await server.start()
  await waitUntil('the connection', () => store.get('kept').catch(() => undefined))
  await before.release()
  const late = await within('a lock that was waited for', waiting, 20_000)
  t.same(await store.get('kept'), { a: 1 })
  first.assertHeld()
  await t.rejects(store.lock({ key: 'bmc', owner: 'b', ttlMs: 1000, waitMs: 0 }), { code: 'LOCK_HELD' })
  t.equal(await first.release(), true)
  const second = await store.lock({ key: 'bmc', owner: 'b', ttlMs: 1000, waitMs: 0 })
  t.ok(second.fence.number > first.fence.number)
  await t.rejects(store.set('bmc', 1, { fence: first.fence }), { code: 'STORE_FENCED' })
  await Promise.all([late.release(), second.release()])
  t.match(notices, [/is not reachable/, /is connected again/])
})

test('fences grow even if the server has lost all data', async (t) => {
  const server = await startRedis(t)
  const store = await open(t, { url: server.url })
  const first = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 10_000, waitMs: 0 })
  const admin = new Redis(server.url)
  t.teardown(() => admin.disconnect())
  await admin.flushall()
  await admin.script('FLUSH')
  const second = await store.lock({ key: 'bmc', owner: 'b', ttlMs: 10_000, waitMs: 0 })
  t.ok(second.fence.number > first.fence.number)
  t.equal(await first.release(), false)
  second.assertHeld()
  await second.release()
})

test('a lock whose renewals do not arrive is lost, and its holder notices', async (t) => {
  const server = await startRedis(t)
  const store = await open(t, { url: server.url, commandMs: 200 })
  const lock = await store.lock({ key: 'bmc', owner: 'a', ttlMs: 600, waitMs: 0 })
  server.freeze()
  await waitUntil('the loss', () => lock.lost.aborted)
  t.match(lock.lost.reason, { code: 'LOCK_LOST' })
  t.throws(() => lock.assertHeld(), { code: 'LOCK_LOST' })
  await t.rejects(store.get('a'), { code: 'STORE_UNAVAILABLE' })
  server.thaw()
  await waitUntil('an answer', () =>
    store.get('a').then(
      () => true,
      () => false,
    ),
  )
})

test('without a connection, calls beyond 10,000 waiting ones are refused', async (t) => {
  const server = await startRedis(t)
  const store = await open(t, { url: server.url, commandMs: 1000 })
  await store.get('a')
  await server.kill()
  await waitUntil('the loss of the connection', () =>
    store.get('a').then(
      () => false,
      () => true,
    ),
  )
  const codes = await Promise.all(
    Array.from({ length: 10_100 }, () => store.get('a').catch((error: StoreError) => error.message)),
  )
  t.equal(codes.filter((text) => /10000 calls are already waiting/.test(String(text))).length, 100)
})

test('user and password come from address, environment or file, and no message contains them', async (t) => {
  const acl = ['--user', 'power', 'on', '>s3cret/@', '~powerbus:v1:*', '+@all', '--user', 'default', 'off']
  const server = await startRedis(t, { args: acl })
  const file = join(tempFolder(t), 'password')
  await writeFile(file, 's3cret/@\n', { mode: 0o600 })
  const inAddress = server.url.replace('//', '//power:s3cret%2F%40@')
  const ways = [
    { url: inAddress },
    { url: server.url, env: { REDIS_USERNAME: 'power', REDIS_PASSWORD: 's3cret/@' } },
    { url: server.url, env: { REDIS_USERNAME: 'power', REDIS_PASSWORD_FILE: file } },
  ]
  for (const way of ways) {
    const store = await open(t, way)
    await store.set('a', 1)
    t.equal(await store.get('a'), 1)
  }
  const wrong = await open(t, { url: inAddress.replace('s3cret', 'wr0ng'), commandMs: 500 })
  const error = await wrong.get('a').catch((reason: StoreError) => reason)
  t.match(error, { code: 'STORE_UNAVAILABLE' })
  t.notMatch(String(error), /wr0ng/)
  await t.rejects(RedisStore.open({ url: server.url, env: { REDIS_PASSWORD_FILE: `${file}.not` } }), {
    code: 'STORE_UNAVAILABLE',
  })
})

test('the store works over a UNIX socket', async (t) => {
  const server = await startRedis(t)
  const store = await open(t, { url: `redis+unix://${server.socketPath}` })
  await store.set('a', 1)
  t.equal(await store.get('a'), 1)
})

test('Redis Cluster passes the conformance suite: the keys of one step are in one slot', async (t) => {
  const server = await startRedis(t, { args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })
  const admin = new Redis(server.url)
  t.teardown(() => admin.disconnect())
  await admin.cluster('ADDSLOTSRANGE', 0, 16383)
  await waitUntil('the cluster', async () => /cluster_state:ok/.test(await admin.cluster('INFO')))
  const url = server.url.replace('redis:', 'redis+cluster:')
  for (const { name, run } of conformance) {
    await t.test(name, async (t) => {
      await admin.flushall()
      await run(await open(t, { url }))
    })
  }
})

test('the client finds the master through Sentinel', async (t) => {
  const server = await startRedis(t)
  const watch = await startRedis(t)
  await watch.kill()
  const folder = tempFolder(t)
  const config = join(folder, 'sentinel.conf')
  await writeFile(config, `port ${watch.port}\nbind 127.0.0.1\nsentinel monitor lab 127.0.0.1 ${server.port} 1\n`)
  const sentinel = await startProcess(t, 'redis-server', [config, '--sentinel'])
  await sentinel.waitForOutput(/\+monitor master lab/)
  const store = await open(t, { url: `redis+sentinel://127.0.0.1:${watch.port}/lab` })
  await store.set('a', 1)
  t.equal(await store.get('a'), 1)
  const direct = await open(t, { url: server.url })
  t.equal(await direct.get('a'), 1)
})

test('over TLS the server must have a certificate signed by REDIS_CA_FILE', async (t) => {
  const folder = tempFolder(t)
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await writeFile(cert, pair.cert)
  await writeFile(key, pair.private, { mode: 0o600 })
  const port = await freeTcpPort()
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  await startRedis(t, { args: ['--tls-port', `${port}`, '--tls-auth-clients', 'no', ...files] })
  const url = `rediss://localhost:${port}`
  const store = await open(t, { url, env: { REDIS_CA_FILE: cert } })
  await store.set('a', 1)
  t.equal(await store.get('a'), 1)
  const trusting = await open(t, { url, commandMs: 500 })
  await t.rejects(trusting.get('a'), { code: 'STORE_UNAVAILABLE' })
})
