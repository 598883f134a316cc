import { test } from 'tap'
import { etagOf, type IfMatchStep, nextIfMatch } from '../../src/client/if-match.ts'
import { call, connected, SYSTEM } from '../fixture/connected.ts'
import { extended, type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const tags: [string, string | undefined, string | undefined, string | undefined][] = [
  ['the header', '"a"', undefined, '"a"'],
  ['the body where there is no header', undefined, 'W/"b"', 'W/"b"'],
  ['the header before the body', '"a"', '"b"', '"a"'],
  ['the body where the header is quoted twice', '""a""', '"b"', '"b"'],
  ['the body where a weak header is quoted twice', 'W/""a""', 'W/"b"', 'W/"b"'],
  ['one pair of quotes off where the body has none', '""a""', undefined, '"a"'],
  ['none where it is empty', '', undefined, undefined],
  ['none where it is an empty tag', '""', undefined, undefined],
  ['none where it is an empty weak tag', 'W/""', '', undefined],
  ['a tag without quotes as it is', 'abc', undefined, 'abc'],
  ['none with a line break', 'a\nb', undefined, undefined],
]
for (const [name, header, body, expected] of tags) {
  test(`the ETag to send is ${name}`, async (t) => {
    t.equal(etagOf(header, body), expected)
  })
}

type Step = [string, number, (string | undefined)[], string | undefined | null, boolean, IfMatchStep]
const steps: Step[] = [
  ['a weak tag goes again as a strong one', 412, ['W/"x"'], null, false, { ifMatch: '"x"' }],
  ['and then without If-Match', 412, ['W/"x"', '"x"'], null, false, { ifMatch: undefined }],
  ['and then no more', 412, ['W/"x"', '"x"', undefined], null, false, 'give-up'],
  ['after a strong tag the resource is read again', 412, ['"x"'], null, false, 'read'],
  ['and the new tag is sent', 412, ['"x"'], '"y"', false, { ifMatch: '"y"' }],
  ['the same tag is not sent twice', 412, ['"x"'], '"x"', false, { ifMatch: undefined }],
  ['after the new tag it goes without', 412, ['"x"', '"y"'], '"y"', false, { ifMatch: undefined }],
  ['428 without a tag reads one', 428, [undefined], null, false, 'read'],
  ['and sends it', 428, [undefined], '"x"', false, { ifMatch: '"x"' }],
  ['412 without a tag reads one, as Huawei wants', 412, [undefined], null, false, 'read'],
  ['without any tag to read it is *', 428, [undefined], undefined, false, { ifMatch: '*' }],
  ['428 is never answered by no tag', 428, ['"x"'], '"x"', false, { ifMatch: '*' }],
  ['AMI gets * at once', 428, [undefined], null, true, { ifMatch: '*' }],
  ['* refused: the exact tag is read', 412, ['*'], null, true, 'read'],
  ['and sent', 412, ['*'], '"x"', true, { ifMatch: '"x"' }],
  ['428 with everything tried', 428, ['*', '"x"'], '"x"', true, 'give-up'],
]
for (const [name, status, tried, read, wantsAny, expected] of steps) {
  test(`If-Match: ${name}`, async (t) => {
    t.same(nextIfMatch(status, tried, read, wantsAny), expected)
  })
}

/** What a PATCH sends to a BMC that takes one value of If-Match alone. */
async function ladder(
  t: Parameters<typeof connected>[0],
  etag: string | undefined,
  refuse: (sent: string | undefined) => Reply | undefined,
  get: Reply = { headers: { etag: '"new"' }, body: {} },
) {
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEM, get)
  bmc.on('PATCH', SYSTEM, ({ headers }) => refuse(headers['if-match']) ?? { status: 204 })
  const { connection, run } = connected(t, bmc)
  const patch = () => run(connection.patch(SYSTEM, { AssetTag: 'x' }, call(), etag === undefined ? {} : { etag }))
  const found = await patch().catch((error) => error)
  const sent = bmc.seen.slice(1).map(({ method, headers }) => (method === 'GET' ? 'GET' : headers['if-match']))
  return { bmc, found, sent, patch }
}

const only = (tag: string | undefined, status: number, body?: object) => (sent: string | undefined) =>
  sent === tag ? undefined : { status, ...(body && { body }) }

test('a PATCH climbs the ladder until the BMC takes it', async (t) => {
  const climb = async (...args: [string | undefined, (sent: string | undefined) => Reply | undefined, Reply?]) =>
    (await ladder(t, ...args)).sent
  t.same(await climb('W/"x"', only('"x"', 412)), ['W/"x"', '"x"'])
  t.same(await climb('W/"x"', only(undefined, 412)), ['W/"x"', '"x"', undefined])
  t.same(await climb('"x"', only('"new"', 412)), ['"x"', 'GET', '"new"'])
  t.same(await climb('"x"', only(undefined, 412)), ['"x"', 'GET', '"new"', undefined])
  t.same(await climb(undefined, only('"new"', 428)), [undefined, 'GET', '"new"'], 'XCC')
  t.same(await climb(undefined, only('"new"', 412)), [undefined, 'GET', '"new"'], 'iBMC')
  t.same(await climb(undefined, only('"b"', 428), { headers: { etag: '""a""' }, body: { '@odata.etag': '"b"' } }), [
    undefined,
    'GET',
    '"b"',
  ])
  t.same(await climb(undefined, only('*', 428), { headers: { etag: '' }, body: {} }), [undefined, 'GET', '*'])
  t.same(await climb(undefined, () => undefined), [undefined], 'most need none')
})

test('a BMC of AMI is recognised by its refusal, and gets * from the start from then on', async (t) => {
  const missing = extended('PreconditionHeaderMissing', [], 'x', 'Ami.1.0')
  const { bmc, sent, patch } = await ladder(t, undefined, only('*', 428, missing))
  t.same(sent, [undefined, '*'])
  bmc.seen.length = 0
  await patch()
  t.same(
    bmc.seen.map(({ headers }) => headers['if-match']),
    ['*'],
  )
})

test('a BMC of AMI gets * from the start where its root was read', async (t) => {
  const bmc = new ScriptedBmc()
    .withSessions()
    .on('GET', '/redfish/v1/', { body: { Vendor: 'AMI' } })
    .on('PATCH', SYSTEM, {})
  const { connection, run } = connected(t, bmc)
  await run(connection.root(call()))
  await run(connection.patch(SYSTEM, {}, call(), { etag: '"x"' }))
  t.equal(bmc.seen.at(-1)?.headers['if-match'], '*')
})

test('a PATCH that no tag opens ends as precondition, with the words of the BMC', async (t) => {
  const { found, sent } = await ladder(t, '"x"', () => ({ status: 412, body: extended('PreconditionFailed') }))
  t.match(found, { kind: 'precondition', status: 412, message: /has changed since it was read/, sent: true })
  t.same(sent, ['"x"', 'GET', '"new"', undefined])
})

test('the ETag of a resource is the one to send, and a read that fails on the way sends nothing more', async (t) => {
  const { found, sent } = await ladder(t, '"x"', () => ({ status: 412 }), { status: 404 })
  t.match(found, { kind: 'not-found', sent: true })
  t.same(sent, ['"x"', 'GET', 'GET'])
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEM, { headers: { etag: 'W/"7"' }, body: {} })
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.get(SYSTEM, call()))).etag, 'W/"7"')
})

test('a DELETE climbs the same ladder', async (t) => {
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEM, { headers: { etag: '"7"' }, body: {} })
  bmc.on('DELETE', SYSTEM, ({ headers }) => ({ status: headers['if-match'] === '"7"' ? 204 : 428 }))
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.remove(SYSTEM, call()))).status, 204)
})
