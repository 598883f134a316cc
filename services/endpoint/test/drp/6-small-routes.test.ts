import { createHash } from 'node:crypto'
import { models } from '@powerbus/drp'
import tap, { test } from 'tap'
import { absentParts } from '../../src/server/absent-routes.ts'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { makeToken } from '../fixtures/tokens.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of the small routes. One endpoint serves them all.
const { call, endpoint } = await startCheckedEndpoint(tap, undefined, { version: 'v1.2.3' })
const read = (await makeToken(call, { Role: 'read' })).token

/** In the order of the fields of Digital Rebar. */
const infoFields =
  'arch os version id local_id ha_id api_port file_port secure_file_port dhcp_port binl_port tftp_port tftp_enabled ' +
  'dhcp_enabled binl_enabled prov_enabled secure_prov_enabled address server_hostname manager stats features scopes ' +
  'errors ha_enabled ha_virtual_address ha_is_active ha_status ha_active_id ha_passive_state License ClusterState'

test('GET info: all fields, and what is not there is said to be off', async (t) => {
  await call('POST', 'machines', { body: { Name: 'counted' } })
  const { body } = await call('GET', 'info', { token: read })
  t.same(Object.keys(body), infoFields.split(' '))
  t.match(body, {
    version: 'v1.2.3',
    address: '127.0.0.1',
    id: /^[0-9a-f-]{36}$/,
    arch: /^(amd64|arm64)$/,
    os: 'linux',
  })
  t.equal(String(body.api_port), new URL(endpoint.url).port)
  for (const name of ['tftp', 'dhcp', 'binl', 'prov', 'secure_prov', 'ha'])
    t.equal(body[`${name}_enabled`], false, name)
  t.ok(body.stats.some(({ name, count }: { name: string; count: number }) => name === 'machines.count' && count >= 1))
  t.same(body.scopes.machines.list, {})
})

test('features the client tests: sane-exit-codes is there', async (t) => {
  const { features } = (await call('GET', 'info')).body
  for (const name of ['sane-exit-codes', 'secure-params', 'secure-param-upgrade']) t.ok(features.includes(name), name)
  for (const name of ['auto-boot-target', 'agent-auto-update', 'selective-job-purge']) t.notOk(features.includes(name))
})

test('GET objects: every model that there is', async (t) => {
  const { body } = await call('GET', 'objects', { token: read })
  t.same(body, body.toSorted())
  for (const prefix of Object.keys(models)) t.ok(body.includes(prefix), prefix)
})

test('GET indexes, indexes/PREFIX and indexes/PREFIX/NAME; an unknown name is an empty object', async (t) => {
  const { body } = await call('GET', 'indexes', { token: read })
  const index = { Type: 'string', Unique: true, Unordered: false, Regex: true }
  t.same(body.machines.Key, index)
  t.same((await call('GET', 'indexes/machines')).body, body.machines)
  t.same((await call('GET', 'indexes/machines/Key')).body, index)
  for (const path of ['indexes/nothing', 'indexes/machines/Nothing', 'indexes/machines/ipmi/address', 'indexes/a/b']) {
    t.match(await call('GET', path), { status: 200, text: '{}' }, path)
  }
  t.match(await call('GET', 'indexes/__proto__/toString'), { status: 200, text: '{}' })
})

test("GET logs: the last lines of the log in DRP's shape, for admins", async (t) => {
  t.equal((await call('GET', 'logs', { token: read })).status, 403)
  const { status, body } = await call('GET', 'logs')
  t.equal(status, 200)
  t.ok(Array.isArray(body))
})

test('GET interfaces and interfaces/NAME', async (t) => {
  const { body } = await call('GET', 'interfaces', { token: read })
  const lo = body.find(({ Addresses }: { Addresses: string[] }) => Addresses.includes('127.0.0.1/8'))
  t.same(Object.keys(lo).sort(), Object.keys(models.interfaces.fields).sort())
  t.match(lo, { Index: Number, ActiveAddress: '', Validated: true, Available: true })
  t.same([lo.Errors, lo.Meta], [[], {}])
  t.same((await call('GET', `interfaces/${lo.Name}`)).body, lo)
  t.equal((await call('GET', 'interfaces/none')).status, 404)
})

const sha = (text: string) => createHash('sha256').update(text).digest('base64')

test('POST whoami: the machine with the highest score of 100 or more, and a token for it alone', async (t) => {
  const print = {
    SSNHash: sha('DellR650ABC123'),
    CSNHash: sha('DellR650CH1'),
    SystemUUID: '4c4c4544-0042-4a10-8033-b4c04f4b4e32',
  }
  const HardwareAddrs = ['52:54:00:00:00:01', '52:54:00:00:00:02']
  const known = (await call('POST', 'machines', { body: { Name: 'w1', Fingerprint: print, HardwareAddrs } })).body
  await call('POST', 'machines', { body: { Name: 'w2', HardwareAddrs: ['52:54:00:00:00:02', '52:54:00:00:00:03'] } })
  const ask = async (body: object) => (await call('POST', 'whoami', { body })).body
  const body = { Fingerprint: print, MacAddrs: ['52:54:00:00:00:02'], OnDiskUUID: '' }
  const answer = await ask(body)
  t.match(answer, { ...body, Result: { Score: 150, Uuid: known.Uuid, Token: String } })
  t.equal((await call('GET', `machines/${known.Uuid}`, { token: answer.Result.Token })).status, 200)
  t.equal((await call('GET', 'machines/Name:w2', { token: answer.Result.Token })).status, 403)
  t.match(await ask({ MacAddrs: HardwareAddrs }), { Result: { Score: 100, Uuid: known.Uuid } })
  t.match(await ask({ OnDiskUUID: known.Uuid, MacAddrs: [] }), { Result: { Score: 1000, Uuid: known.Uuid } })
  const nobody = { Result: { Score: 0, Uuid: '00000000-0000-0000-0000-000000000000', Token: '' } }
  t.match(await ask({ MacAddrs: ['52:54:00:00:00:02'] }), nobody, 'a half of its addresses is not enough')
  t.match(await ask({}), nobody)
  t.match(await ask({ MacAddrs: ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03'] }), nobody, 'two fit')
})

test('POST whoami: placeholders in the DMI table match no machine (fault 24)', async (t) => {
  const words = ['Default string', 'To be filled by O.E.M.', 'None', '0', '']
  const none = '00000000-0000-0000-0000-000000000000'
  for (const word of words) {
    for (const SystemUUID of [
      none,
      '03000200-0400-0500-0006-000700080009',
      word,
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    ]) {
      const hash = sha(word.repeat(3))
      const Fingerprint = { SSNHash: hash, CSNHash: hash, SystemUUID, MemoryIds: [hash], CloudInstanceID: word }
      const identity = { Fingerprint, MacAddrs: ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff'] }
      const made = { Name: 'odd', Fingerprint, HardwareAddrs: identity.MacAddrs }
      t.equal((await call('POST', 'machines', { body: made })).status, 201)
      t.match(
        (await call('POST', 'whoami', { body: identity })).body,
        { Result: { Score: 0, Token: '' } },
        `${word} ${SystemUUID}`,
      )
      await call('DELETE', 'machines/Name:odd')
    }
  }
  const plain = { SSNHash: Buffer.from('Default string').toString('base64'), CSNHash: 'None' }
  await call('POST', 'machines', { body: { Name: 'odd', Fingerprint: { ...plain, SystemUUID: 'x-1' } } })
  t.match((await call('POST', 'whoami', { body: { Fingerprint: { ...plain, SystemUUID: 'x-1' } } })).body, {
    Result: { Score: 0 },
  })
})

test('POST whoami: a body of another shape is refused, and a token for one object may not ask', async (t) => {
  for (const body of ['[]', '1', { MacAddrs: 'x' }, { Fingerprint: [] }]) {
    t.equal((await call('POST', 'whoami', { body })).status, 400, JSON.stringify(body))
  }
  const scoped = (await makeToken(call, { Scope: 'machines/Name:counted', Role: 'read' })).token
  t.equal((await call('POST', 'whoami', { token: scoped, body: {} })).status, 403)
})

test('what Digital Rebar has and this endpoint does not answers 501 with a sentence, whatever the body', async (t) => {
  for (const [part, text] of Object.entries(absentParts)) {
    t.match(await call('GET', part, { token: read }), {
      status: 501,
      body: { Model: part, Messages: [text], Code: 501 },
    })
  }
  for (const path of ['jobs/current', 'reservations/192.168.1.1', 'leases/AC100001']) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const headers = { 'content-type': 'application/octet-stream' }
      const answer = await call(method, path, method === 'GET' ? {} : { headers, body: 'x' })
      t.match(answer, { status: 501, body: { Type: 'NOT_IMPLEMENTED' } }, `${method} ${path}`)
    }
  }
  t.equal((await call('HEAD', 'jobs')).status, 501)
  t.equal((await call('GET', 'jobs', { token: '' })).status, 401)
})
