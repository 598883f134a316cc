import { type Test, test } from 'tap'
import { numberAt, RedfishClient, type RedfishConnection, textAt } from '../../src/index.ts'
import { PlainMachine, type Quirks, type RedfishService, startRedfishService } from '../../src/service/index.ts'
import { call } from '../fixture/connected.ts'
import { certificate } from '../fixture/tls-bmc.ts'

/** Our service on a TLS socket, and our client, by the pinned certificate. */
async function both(t: Test, quirks: Partial<Quirks> = {}) {
  const { key, cert, fingerprint } = await certificate()
  const machine = new PlainMachine()
  const service = await startRedfishService({
    port: 0,
    tls: { key, cert },
    hosts: [{ machine, serialNumber: 'SN1' }],
    accounts: [{ username: 'admin', password: 'hunter2!' }],
    quirks,
  })
  t.teardown(() => service.close())
  const client = new RedfishClient()
  t.teardown(() => client.close())
  const target = {
    address: '127.0.0.1',
    port: service.port,
    username: 'admin',
    password: 'hunter2!',
    tls: { fingerprint },
  }
  return { service, client, target, machine, connection: client.connect(target) }
}

const requests = ({ counters }: RedfishService) =>
  Object.values(counters.requests).reduce((sum, count) => sum + count, 0)

async function reset(connection: RedfishConnection, ResetType: string) {
  const system = await connection.system(call())
  return connection.act(system, '#ComputerSystem.Reset', { ResetType }, call())
}

test('a thousand actions at the service leave no session', async (t) => {
  const { service, client, target, machine } = await both(t)
  for (let count = 0; count < 500; count++) {
    const connection = client.connect(target)
    await reset(connection, count % 2 === 0 ? 'On' : 'ForceOff')
    connection.close()
  }
  t.equal(service.state.sessions.made, 1)
  t.equal(service.counters.connections, 1)
  t.equal(requests(service), 2 + 1000)
  t.equal(machine.verbs.length, 500)
  await client.close()
  t.same(service.state.sessions.all(), [])
})

test('the service ends the session of a client that was killed', async (t) => {
  const { service, connection } = await both(t, { sessionLifetimeMs: 50 })
  await connection.system(call())
  t.equal(service.state.sessions.made, 1)
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.same(service.state.sessions.all(), [])
  t.equal(textAt((await connection.system(call())).body, 'PowerState'), 'Off', 'the client logs in again')
  t.equal(service.state.sessions.made, 2)
})

const quirks: [string, Partial<Quirks>][] = [
  ['no quirk', {}],
  ['no sessions', { noSessions: true }],
  ['no Basic', { noBasic: true }],
  ['an absolute Location', { loginLocation: 'absolute' }],
  ['no Location', { loginLocation: 'absent' }],
  ['weak ETags', { etags: 'weak', ifMatch: 428 }],
  ['ETags quoted twice', { etags: 'quotedTwice', ifMatch: 428 }],
  ['empty ETags', { etags: 'empty' }],
  ['If-Match needed, 412', { ifMatch: 412 }],
  ['If-Match needed, and no *', { ifMatch: 428, noIfMatchAny: true }],
  ['redirects to slashes', { trailingSlash: 'redirect' }],
  ['slashes needed', { trailingSlash: 'needed' }],
  ['slashes refused', { trailingSlash: 'refused' }],
  ['PATCH answers 204', { patchStatus: 204 }],
  ['values in ActionInfo', { resetTypesAt: 'actionInfo' }],
  ['tasks', { taskActions: ['ComputerSystem.Reset'], taskMs: 1 }],
  ['pages of one', { pageSize: 1 }],
]
for (const [name, set] of quirks) {
  test(`the client logs in, finds, writes, switches on, lists and logs out: ${name}`, async (t) => {
    const { service, client, connection, machine } = await both(t, set)
    const system = await connection.system(call(), 'SN1')
    const options = system.etag === undefined ? {} : { etag: system.etag }
    await connection.patch(system.path, { AssetTag: 'rack 7' }, call(), options)
    t.equal(textAt((await connection.system(call(), 'SN1')).body, 'AssetTag'), 'rack 7')
    t.ok((await connection.allowedValues(system, '#ComputerSystem.Reset', 'ResetType', call()))?.includes('On'))
    await connection.act(system, '#ComputerSystem.Reset', { ResetType: 'On' }, call())
    t.same(machine.verbs, ['powerUp'])
    let accounts = 0
    for await (const { body } of connection.members('/redfish/v1/AccountService/Accounts', call(), ({ error }) => {
      throw error
    })) {
      t.ok(textAt(body, 'UserName'))
      accounts += 1
    }
    t.ok(accounts > 0)
    const service1 = await connection.get('/redfish/v1/SessionService', call()).catch((error) => error)
    if (!set.noSessions) t.ok(numberAt(service1.body, 'SessionTimeout'))
    await client.close()
    t.same(service.state.sessions.all(), [])
  })
}
