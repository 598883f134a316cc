import { test } from 'tap'
import { expandQuery } from '../../src/client/collection.ts'
import type { BrokenMember, Resource } from '../../src/index.ts'
import { type Connected, call, connected } from '../fixture/connected.ts'
import { extended, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const LOG = '/redfish/v1/Log/Entries'
const link = (id: string | number) => ({ '@odata.id': `${LOG}/${id}` })
const sessions = { Links: { Sessions: { '@odata.id': '/redfish/v1/SessionService/Sessions' } } }
const features = (ExpandQuery: object) => ({ ProtocolFeaturesSupported: { ExpandQuery } })

function bmcWith(ids: readonly string[], root: object = {}): ScriptedBmc {
  const bmc = new ScriptedBmc().withSessions().on('GET', '/redfish/v1/', { body: { ...sessions, ...root } })
  for (const id of ids) bmc.on('GET', `${LOG}/${id}`, { body: { Id: id } })
  return bmc.on('GET', LOG, { body: { Members: ids.map(link) } })
}

async function read({ connection, run }: Connected, timeoutMs = 60_000) {
  const found: Resource[] = []
  const broken: BrokenMember[] = []
  const all = async () => {
    for await (const member of connection.members(LOG, call(timeoutMs), (one) => broken.push(one))) found.push(member)
  }
  await run(all())
  return { ids: found.map(({ body }) => body.Id), paths: found.map(({ path }) => path), broken }
}

test('members are read one by one where nothing else is offered', async (t) => {
  const at = connected(t, bmcWith(['1', '2']))
  t.same((await read(at)).ids, ['1', '2'])
  t.same(at.bmc.lines.slice(2), [`GET ${LOG}`, `GET ${LOG}/1`, `GET ${LOG}/2`])
})

test('all pages are read, and their links may be absolute', async (t) => {
  const bmc = bmcWith(['1', '2', '3'])
  bmc.on('GET', LOG, { body: { Members: [link(1)], 'Members@odata.nextLink': `https://bmc.internal${LOG}?$skip=1` } })
  bmc.on('GET', `${LOG}?$skip=1`, { body: { Members: [link(2)], '@odata.nextLink': `${LOG}?$skip=2` } })
  bmc.on('GET', `${LOG}?$skip=2`, {
    body: { Members: [link(3)], 'Members@odata.nextLink': null, 'Members@odata.count': 99 },
  })
  t.same((await read(connected(t, bmc))).ids, ['1', '2', '3'])
})

test('pages that lead back to themselves end with an error', async (t) => {
  const bmc = bmcWith(['1']).on('GET', LOG, { body: { Members: [link(1)], 'Members@odata.nextLink': LOG } })
  await t.rejects(read(connected(t, bmc)), { name: 'RedfishError', message: /pages without end/ })
})

test('a member that cannot be read is reported with its reason, and the others are read', async (t) => {
  const bmc = bmcWith(['1', 'gone', 'baseboard', 'cut', '5'])
  bmc.on('GET', `${LOG}/gone`, { status: 404 }).on('GET', `${LOG}/cut`, { body: '{"Id":' })
  bmc.on('GET', `${LOG}/baseboard`, { status: 503, body: extended('HMCCommuicationFailed', [], 'x', 'Ami.1.0') })
  bmc.on('GET', LOG, { body: { Members: [...['1', 'gone', 'baseboard', 'cut'].map(link), null, {}, link('5')] } })
  const at = connected(t, bmc)
  const startMs = at.clock.nowMs()
  const { ids, broken } = await read(at)
  t.same(ids, ['1', '5'])
  t.match(broken, [
    { path: `${LOG}/gone`, error: { kind: 'not-found' } },
    { path: `${LOG}/baseboard`, error: { kind: 'busy', status: 503 } },
    { path: `${LOG}/cut`, error: { kind: 'malformed' } },
    { path: LOG, error: { kind: 'malformed', message: /a member without a link/ } },
  ])
  t.equal(at.clock.nowMs(), startMs, 'a baseboard whose host is off is not waited for')
})

test('what concerns the whole BMC ends the reading', async (t) => {
  for (const [reply, kind] of [
    [{ hangs: true }, 'timeout'],
    [{ fails: 'connect', sent: false }, 'unreachable'],
    [{ status: 403, body: extended('PasswordChangeRequired', ['/x']) }, 'password-change'],
  ] as const) {
    const at = connected(t, bmcWith(['1', '2']).on('GET', `${LOG}/1`, reply))
    await t.rejects(read(at), { kind } as never)
  }
})

test('members come whole where the root offers $expand', async (t) => {
  const bmc = bmcWith(['2'], features({ NoLinks: true, Levels: true, MaxLevels: 2 }))
  const whole = { ...link(1), '@odata.etag': '"e"', Id: '1', Message: 'x' }
  bmc.on('GET', `${LOG}?$expand=.($levels=1)`, { body: { Members: [whole, link(2)] } })
  const at = connected(t, bmc)
  t.same(await read(at), { ids: ['1', '2'], paths: [`${LOG}/1`, `${LOG}/2`], broken: [] })
  t.same(at.bmc.lines.slice(2), [`GET ${LOG}?$expand=.($levels=1)`, `GET ${LOG}/2`])
})

test('$expand that is offered and refused is not asked for again', async (t) => {
  for (const status of [400, 500, 501]) {
    const bmc = bmcWith(['1'], features({ ExpandAll: true }))
    bmc.on('GET', `${LOG}?$expand=*`, { status, body: extended('QueryNotSupported') })
    const at = connected(t, bmc)
    t.same((await read(at)).ids, ['1'])
    t.same((await read(at)).ids, ['1'])
    t.equal(at.bmc.lines.filter((line) => line.includes('$expand')).length, 1)
  }
})

test('the query that a root offers', async (t) => {
  const rows: [object, string | undefined][] = [
    [{}, undefined],
    [features({}), undefined],
    [features({ NoLinks: false, ExpandAll: false }), undefined],
    [features({ Links: true }), undefined],
    [features({ NoLinks: true, ExpandAll: true }), '$expand=.'],
    [features({ ExpandAll: true, Levels: true }), '$expand=*($levels=1)'],
    [features({ NoLinks: true, Levels: true, MaxLevels: 0 }), '$expand=.'],
    [features({ NoLinks: 'true', Levels: 'true', MaxLevels: '6' }), '$expand=.($levels=1)'],
  ]
  for (const [root, expected] of rows) t.equal(expandQuery(root as never), expected, JSON.stringify(root))
})

test('a collection of more than 20,000 members ends with an error', async (t) => {
  const bmc = bmcWith([], features({ ExpandAll: true }))
  bmc.on('GET', `${LOG}?$expand=*`, {
    body: { Members: Array.from({ length: 20_001 }, (_, at) => ({ ...link(at), Id: `${at}` })) },
  })
  await t.rejects(read(connected(t, bmc)), { kind: 'malformed', message: /more than 20000 members/ } as never)
})

test('a caller may stop in the middle', async (t) => {
  const { bmc, connection, run } = connected(t, bmcWith(['1', '2', '3']))
  const first = async () => {
    for await (const member of connection.members(LOG, call(), () => undefined)) return member.body.Id
    return undefined
  }
  t.equal(await run(first()), '1')
  t.notOk(bmc.lines.includes(`GET ${LOG}/2`))
})
