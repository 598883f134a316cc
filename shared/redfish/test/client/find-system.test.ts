import { test } from 'tap'
import { call, connected, SYSTEM } from '../fixture/connected.ts'
import { extended, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const SYSTEMS = '/redfish/v1/Systems'
const links = (...ids: string[]) => ({ Members: ids.map((id) => ({ '@odata.id': `${SYSTEMS}/${id}` })) })

function bmcWith(systems: Readonly<Record<string, object>>): ScriptedBmc {
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEMS, { body: links(...Object.keys(systems)) })
  for (const [id, body] of Object.entries(systems)) bmc.on('GET', `${SYSTEMS}/${id}`, { body: { Id: id, ...body } })
  return bmc
}

test('the status of a BMC costs three requests cold and one warm', async (t) => {
  const { bmc, connection, run } = connected(t, bmcWith({ '1': { PowerState: 'On' } }))
  t.equal((await run(connection.system(call()))).body.PowerState, 'On')
  t.same(bmc.lines, ['POST /redfish/v1/SessionService/Sessions', `GET ${SYSTEMS}`, `GET ${SYSTEM}`])
  bmc.seen.length = 0
  t.equal((await run(connection.system(call()))).path, SYSTEM)
  t.same(bmc.lines, [`GET ${SYSTEM}`])
})

test('a GPU baseboard is never read nor taken for the host', async (t) => {
  const bmc = bmcWith({ HGX_Baseboard_0: {}, System_0: { Id: 'System_0' } })
  bmc.on('GET', `${SYSTEMS}/HGX_Baseboard_0`, {
    status: 503,
    body: extended('HMCCommuicationFailed', [], 'x', 'Ami.1.0'),
  })
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.system(call()))).path, `${SYSTEMS}/System_0`)
  t.notOk(bmc.lines.includes(`GET ${SYSTEMS}/HGX_Baseboard_0`))
})

const hosts: [string, Readonly<Record<string, object>>, string | object][] = [
  ['one system', { '437XR1138R2': {} }, '437XR1138R2'],
  ['one physical and one virtual', { '1': { SystemType: 'Physical' }, '2': { SystemType: 'Virtual' } }, '1'],
  ['System_0 beside a baseboard', { HGX_Baseboard_0: {}, System_0: {} }, 'System_0'],
  ['DGX beside a baseboard', { HGX_Baseboard_0: {}, DGX: { SystemType: 'Physical' } }, 'DGX'],
  ['one of two with a Bios', { a: {}, b: { Bios: { '@odata.id': '/b' } } }, 'b'],
  [
    'two that look alike',
    { '1': { Name: 'left' }, '2': { Name: 'right' } },
    { kind: 'several-systems', message: /1 \(left\), 2 \(right\)/ },
  ],
  [
    'two with a Bios',
    { System_0: { Bios: { '@odata.id': '/a' } }, System_1: { Bios: { '@odata.id': '/b' } } },
    { kind: 'several-systems' },
  ],
  ['virtual ones alone', { '1': { SystemType: 'Virtual' }, '2': { SystemType: 'OS' } }, { kind: 'no-system' }],
  ['baseboards alone', { HGX_Baseboard_0: {} }, { kind: 'no-system', message: /baseboards alone/ }],
  ['none', {}, { kind: 'no-system', message: /lists no system/ }],
]
for (const [name, systems, expected] of hosts) {
  test(`the host among the systems: ${name}`, async (t) => {
    const { connection, run } = connected(t, bmcWith(systems))
    const found = await run(
      connection.system(call()).then(
        ({ path }) => path,
        (error) => error,
      ),
    )
    if (typeof expected === 'string') t.equal(found, `${SYSTEMS}/${expected}`)
    else t.match(found, expected)
  })
}

const broken: [string, object][] = [
  ['503', { status: 503 }],
  ['404', { status: 404 }],
  ['cut JSON', { body: '{' }],
  ['403', { status: 403 }],
]
for (const [name, reply] of broken) {
  test(`of two hosts one of which answers ${name} none is guessed, and nobody waits`, async (t) => {
    const { clock, connection, failure } = connected(t, bmcWith({ '1': {}, '2': {} }).on('GET', `${SYSTEMS}/2`, reply))
    const startMs = clock.nowMs()
    t.match(await failure(connection.system(call())), {
      kind: 'several-systems',
      message: /not all of which can be read/,
    })
    t.equal(clock.nowMs(), startMs)
  })
}

const ids: [string, string, string | object, number][] = [
  ['the last part of its path', 'node2', 'node2', 3],
  ['the last part in another case', 'NODE2', 'node2', 3],
  ['its Id', 'Blade-1', 'node1', 4],
  ['its UUID in another case', '4C4C4544-0043-3010', 'node2', 4],
  ['its serial number with blanks', 'MT2246XZ0908', 'node2', 4],
  ['nothing of it', 'node9', { kind: 'no-system', message: /no system "node9": Blade-1, node2/ }, 4],
  ['the UUID of two', 'same', { kind: 'several-systems' }, 4],
]
for (const [name, systemId, expected, requests] of ids) {
  test(`a system is named by ${name}`, async (t) => {
    const bmc = bmcWith({
      node1: { Id: 'Blade-1', AssetTag: 'x', SerialNumber: 'same' },
      node2: { UUID: '4c4c4544-0043-3010', SerialNumber: systemId === 'same' ? 'same' : 'MT2246XZ0908   ' },
    })
    const { connection, run } = connected(t, bmc)
    const found = await run(
      connection.system(call(), systemId).then(
        ({ path }) => path,
        (error) => error,
      ),
    )
    if (typeof expected === 'string') t.equal(found, `${SYSTEMS}/${expected}`)
    else t.match(found, expected)
    t.equal(bmc.seen.length, requests)
    if (typeof expected !== 'string') return
    await run(connection.system(call(), systemId))
    t.equal(bmc.seen.length, requests + 1, 'and one request from then on')
  })
}

test('a wanted system is found although another one is broken, and the error of a search says which was', async (t) => {
  const bmc = bmcWith({ a: {}, b: { UUID: 'u-1' } }).on('GET', `${SYSTEMS}/a`, { status: 503 })
  const { connection, failure, run } = connected(t, bmc)
  t.equal((await run(connection.system(call(), 'u-1'))).path, `${SYSTEMS}/b`)
  t.match(await failure(connection.system(call(), 'u-2')), { kind: 'no-system', message: /could not be read/ })
})

test('systems are found by the root where they are not at the usual path', async (t) => {
  const bmc = new ScriptedBmc().withSessions()
  bmc.on('GET', '/redfish/v1/', { body: { Systems: { '@odata.id': '/redfish/v1/Nodes' } } })
  bmc.on('GET', '/redfish/v1/Nodes', { body: { Members: [{ '@odata.id': '/redfish/v1/Nodes/1' }] } })
  bmc.on('GET', '/redfish/v1/Nodes/1', { body: { Id: '1' } })
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.system(call()))).path, '/redfish/v1/Nodes/1')
})

test('a power shelf has no systems', async (t) => {
  for (const root of [{}, { Systems: null }, { Systems: { '@odata.id': SYSTEMS } }]) {
    const bmc = new ScriptedBmc().withSessions().on('GET', '/redfish/v1/', { body: root })
    const { connection, failure } = connected(t, bmc)
    t.match(await failure(connection.system(call())), { kind: 'no-system', message: /power shelf/ })
  }
})

test('a system that has moved is searched for again within the same call', async (t) => {
  const bmc = bmcWith({ old: {} })
  const { connection, run } = connected(t, bmc)
  await run(connection.system(call()))
  bmc.on('GET', `${SYSTEMS}/old`, { status: 404 }).on('GET', SYSTEMS, { body: links('new') })
  bmc.on('GET', `${SYSTEMS}/new`, { body: { Id: 'new' } })
  t.equal((await run(connection.system(call()))).path, `${SYSTEMS}/new`)
})

test('systems on several pages, doubled or without a link are sorted out', async (t) => {
  const bmc = bmcWith({ '1': {} })
  bmc.on('GET', SYSTEMS, {
    body: { Members: [{}, null, { '@odata.id': SYSTEM }], 'Members@odata.nextLink': `${SYSTEMS}?p=2` },
  })
  bmc.on('GET', `${SYSTEMS}?p=2`, {
    body: { Members: [{ '@odata.id': `https://x${SYSTEM}` }], 'Members@odata.nextLink': `${SYSTEMS}?p=2` },
  })
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.system(call()))).path, SYSTEM)
})
