import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { storeCoordinator } from '@powerbus/plugin-sdk'
import { coordinatorConformance } from '@powerbus/plugin-sdk/coordinator-conformance'
import { openStore, type Store } from '@powerbus/store'
import { conformance } from '@powerbus/store/conformance'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { type DeployedRedis, deployFolder, makeSecrets, startDeployedRedis } from './deployed-servers.ts'
import { pluginNames } from './repository.ts'

const configuration = readFileSync(join(deployFolder, 'redis/redis.conf'), 'utf8')
const users = readFileSync(join(deployFolder, 'redis/users.acl'), 'utf8')

test('no password is committed, and every service has a user', async (t) => {
  t.notMatch(configuration, /^\s*(requirepass|masterauth|user)\b/m)
  for (const line of users.trim().split('\n')) t.match(line, /^user default off |^user [\w-]+ on #\{redis-[\w-]+\} /)
  for (const plugin of ['endpoint', 'observer', ...pluginNames]) t.match(users, `user ${plugin} on #{redis-${plugin}} `)
})

function openAs(redis: DeployedRedis, user: string, database: number): Promise<Store> {
  const env = { REDIS_USERNAME: user, REDIS_PASSWORD_FILE: redis.passwordFile(user) }
  return openStore({ url: `${redis.url}/${database}`, folder: '', env })
}

test('the store keeps its promises with the rights of the endpoint', async (t) => {
  const options = ['--databases', `${conformance.length}`]
  const redis = await startDeployedRedis(t, { secrets: await makeSecrets(t), folder: tempFolder(t), options })
  for (const [index, { name, run }] of conformance.entries()) {
    const store = await openAs(redis, 'endpoint', index)
    t.teardown(() => store.close())
    await t.resolves(run(store), name)
  }
})

test('replicas coordinate their actions with the rights of a service', async (t) => {
  const options = ['--databases', `${coordinatorConformance.length}`]
  const redis = await startDeployedRedis(t, { secrets: await makeSecrets(t), folder: tempFolder(t), options })
  for (const [index, { name, run }] of coordinatorConformance.entries()) {
    const stores = [await openAs(redis, 'ipmi', index), await openAs(redis, 'ipmi', index)] as const
    for (const store of stores) t.teardown(() => store.close())
    await t.resolves(run(storeCoordinator(stores[0]), storeCoordinator(stores[1])), name)
  }
})

test('a service keeps what is its own, and has no part in what the endpoint keeps', async (t) => {
  const redis = await startDeployedRedis(t, { secrets: await makeSecrets(t), folder: tempFolder(t) })
  const [endpoint, ipmi] = [await openAs(redis, 'endpoint', 0), await openAs(redis, 'ipmi', 0)]
  for (const store of [endpoint, ipmi]) t.teardown(() => store.close())
  await ipmi.set('ipmi/found', 'redfish')
  t.equal(await ipmi.get('ipmi/found'), 'redfish')
  for (const key of ['auth/token-key', 'machines/one', 'params/one', 'slack/queue']) {
    await endpoint.set(key, 'secret')
    await t.rejects(ipmi.get(key), { code: 'STORE_UNAVAILABLE' }, key)
    await t.rejects(ipmi.set(key, 'mine'), { code: 'STORE_UNAVAILABLE' }, key)
    t.equal(await endpoint.get(key), 'secret')
  }
})

test('nobody reaches other keys, not through Lua either, nor the administration of the server', async (t) => {
  const redis = await startDeployedRedis(t, { secrets: await makeSecrets(t), folder: tempFolder(t) })
  const forbidden = [
    ['get', 'elsewhere'],
    ['set', 'powerbus:v2:a', '1'],
    ['eval', "return redis.call('get', KEYS[1])", '1', 'elsewhere'],
    ['eval', "return redis.call('get', 'elsewhere')", '0'],
    ['publish', 'elsewhere', 'x'],
    ['keys', '*'],
    ['flushall'],
    ['flushdb'],
    ['config', 'get', '*'],
    ['config', 'set', 'appendonly', 'no'],
    ['acl', 'list'],
    ['debug', 'sleep', '0'],
    ['shutdown', 'nosave'],
    ['client', 'kill', 'id', '1'],
    ['monitor'],
    ['module', 'list'],
    ['replicaof', '127.0.0.1', '1'],
    ['script', 'kill'],
    ['function', 'flush'],
    ['blpop', 'powerbus:v1:list', '1'],
  ]
  for (const user of ['endpoint', 'ipmi']) {
    for (const command of forbidden) {
      t.match(
        await redis.ask(user, ...command),
        /NOPERM|ACL failure|No permissions|not allowed|can't access/,
        `${user}: ${command}`,
      )
    }
  }
})

test('the observer sees figures and no key; whoever says no name sees nothing', async (t) => {
  const redis = await startDeployedRedis(t, { secrets: await makeSecrets(t), folder: tempFolder(t) })
  t.match(await redis.ask('observer', 'info', 'persistence'), /^aof_enabled:1\r?$/m)
  t.match(await redis.ask('observer', 'info', 'memory'), /^maxmemory_policy:noeviction\r?$/m)
  for (const command of [
    ['get', 'powerbus:v1:a'],
    ['set', 'powerbus:v1:a', '1'],
    ['scan', '0'],
    ['eval', 'return 1', '0'],
  ]) {
    t.match(await redis.ask('observer', ...command), /^NOPERM/, command.join(' '))
  }
  t.match(await redis.ask(undefined, 'ping'), /^NOAUTH/)
  t.match(await redis.ask(undefined, 'get', 'powerbus:v1:a'), /^NOAUTH/)
})

test('what was acknowledged is there after a kill', async (t) => {
  t.match(configuration, /^appendonly yes$/m)
  t.match(configuration, /^appendfsync always$/m)
  const place = { secrets: await makeSecrets(t), folder: tempFolder(t) }
  const first = await startDeployedRedis(t, place)
  for (let number = 1; number <= 20; number++) {
    t.equal(await first.ask('ipmi', 'set', `powerbus:v1:data:request/${number}`, 'done'), 'OK')
  }
  first.process.kill('SIGKILL')
  await first.process.exited
  const second = await startDeployedRedis(t, place)
  for (let number = 1; number <= 20; number++) {
    t.equal(await second.ask('ipmi', 'get', `powerbus:v1:data:request/${number}`), 'done')
  }
})
