import { test } from 'tap'
import { administrator, operator, type RequestOptions, reader, serviceBench } from './service-bench.ts'

const ROOT = '/redfish/v1/'
const SYSTEM = '/redfish/v1/Systems/1'
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`
const SESSIONS = '/redfish/v1/SessionService/Sessions'
const ACCOUNTS = '/redfish/v1/AccountService/Accounts'
const SUBSCRIPTIONS = '/redfish/v1/EventService/Subscriptions'

type Row = readonly [
  duty: string,
  method: string,
  url: string,
  options: RequestOptions,
  status: number,
  messages?: readonly string[],
]

const wrong = { username: 'admin', password: 'wrong' }
const pxe = { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } }

/** One request at a new service with a machine that is off. DSP0266 §6 to §8 and §13. */
const rows: readonly Row[] = [
  ['the versions need no login', 'GET', '/redfish', { as: null }, 200],
  ['the root needs no login', 'GET', ROOT, { as: null }, 200],
  ['the root may be asked for without its slash', 'GET', '/redfish/v1', { as: null }, 200],
  ['the OData document needs no login', 'GET', `${ROOT}odata`, { as: null }, 200],
  ['the metadata document needs no login', 'GET', `${ROOT}$metadata`, { as: null }, 200],
  ['everything else needs a login', 'GET', SYSTEM, { as: null }, 401, ['NoValidSession']],
  ['what does not exist needs one too', 'GET', `${ROOT}Nothing`, { as: null }, 401, ['NoValidSession']],
  ['a wrong password is refused', 'GET', SYSTEM, { as: wrong }, 401, ['NoValidSession']],
  ['an unknown user is refused alike', 'GET', SYSTEM, { as: { ...wrong, username: 'x' } }, 401, ['NoValidSession']],
  ['an unknown token is refused', 'GET', SYSTEM, { as: null, headers: { 'x-auth-token': 'x' } }, 401],
  ['Basic is refused without TLS', 'GET', SYSTEM, { isSecure: false }, 403, ['AccessForbidden']],
  [
    'a login is refused without TLS',
    'POST',
    SESSIONS,
    { as: null, isSecure: false, body: { UserName: 'admin', Password: administrator.password } },
    403,
    ['AccessForbidden'],
  ],
  ['a path that is not there', 'GET', `${ROOT}Nothing`, {}, 404, ['ResourceMissingAtURI']],
  ['a system that is not there', 'GET', `${ROOT}Systems/2`, {}, 404, ['ResourceMissingAtURI']],
  ['a name of every object is not there', 'GET', `${SYSTEM}/Memory/constructor`, {}, 404, ['ResourceMissingAtURI']],
  ['a path with percent signs', 'GET', `${ROOT}%2e%2e/%00`, {}, 404, ['ResourceMissingAtURI']],
  ['a wrong verb', 'DELETE', SYSTEM, {}, 405, ['OperationNotAllowed']],
  ['a PUT', 'PUT', SYSTEM, { body: pxe }, 405, ['OperationNotAllowed']],
  ['a GET of an action', 'GET', RESET, {}, 405, ['OperationNotAllowed']],
  ['an unknown verb', 'PURGE', SYSTEM, {}, 501],
  ['the login is checked before the headers', 'GET', SYSTEM, { as: null, headers: { 'odata-version': '3.0' } }, 401],
  ['another version of OData', 'GET', SYSTEM, { headers: { 'odata-version': '4.1' } }, 412, ['HeaderInvalid']],
  ['the version of OData', 'GET', SYSTEM, { headers: { 'odata-version': '4.0' } }, 200],
  ['a media type that is not had', 'GET', SYSTEM, { headers: { accept: 'text/html' } }, 406, ['HeaderInvalid']],
  ['a media type at quality 0', 'GET', SYSTEM, { headers: { accept: 'application/json;q=0' } }, 406],
  ['any media type', 'GET', SYSTEM, { headers: { accept: 'text/html, */*;q=0.1' } }, 200],
  ['a family of media types', 'GET', SYSTEM, { headers: { accept: 'application/*' } }, 200],
  ['metadata is XML', 'GET', `${ROOT}$metadata`, { headers: { accept: 'application/xml' } }, 200],
  ['metadata is not JSON', 'GET', `${ROOT}$metadata`, { headers: { accept: 'application/json' } }, 406],
  ['the body of a GET is ignored', 'GET', SYSTEM, { body: 'rubbish' }, 200],
  ['an unknown query is ignored', 'GET', `${SYSTEM}?colour=red`, {}, 200],
  ['an unknown query of OData is not', 'GET', `${SYSTEM}?$colour=red`, {}, 501, ['QueryNotSupported']],
  ['$filter is not supported', 'GET', `${ROOT}Systems?$filter=Id eq 1`, {}, 501, ['QueryNotSupported']],
  ['a wrong $expand', 'GET', `${ROOT}Systems?$expand=Members`, {}, 400, ['QueryParameterValueFormatError']],
  ['a deep $expand', 'GET', `${ROOT}Systems?$expand=.($levels=9)`, {}, 400, ['QueryParameterOutOfRange']],
  ['a $top that is no number', 'GET', `${ROOT}Systems?$top=x`, {}, 400, ['QueryParameterValueTypeError']],
  ['$top of what is no collection', 'GET', `${SYSTEM}?$top=1`, {}, 400, ['QueryNotSupportedOnResource']],
  ['only of what is no collection', 'GET', `${SYSTEM}?only`, {}, 400, ['QueryNotSupportedOnResource']],
  ['an empty PATCH', 'PATCH', SYSTEM, { body: {} }, 400, ['NoOperation']],
  ['a PATCH of OData alone', 'PATCH', SYSTEM, { body: { '@odata.id': 'x' } }, 400, ['NoOperation']],
  ['a PATCH of nothing but wrong', 'PATCH', SYSTEM, { body: { Colour: 1 } }, 400, ['PropertyUnknown']],
  ['a PATCH of a name of every object', 'PATCH', SYSTEM, { body: { constructor: 1 } }, 400, ['PropertyUnknown']],
  ['a PATCH of what is read-only', 'PATCH', SYSTEM, { body: { Id: '2' } }, 400, ['PropertyNotWritable']],
  ['a PATCH that is not JSON', 'PATCH', SYSTEM, { body: '{' }, 400, ['MalformedJSON']],
  ['a PATCH with an array', 'PATCH', SYSTEM, { body: [1] }, 400, ['UnrecognizedRequestBody']],
  [
    'a deep body',
    'PATCH',
    SYSTEM,
    { body: `${'{"a":'.repeat(50)}1${'}'.repeat(50)}` },
    400,
    ['UnrecognizedRequestBody'],
  ],
  [
    'a value that is not in the list',
    'PATCH',
    SYSTEM,
    { body: { Boot: { BootSourceOverrideTarget: 'Moon' } } },
    400,
    ['PropertyValueNotInList'],
  ],
  [
    'values that contradict each other',
    'PATCH',
    SYSTEM,
    { body: { Boot: { BootSourceOverrideTarget: 'None', BootSourceOverrideEnabled: 'Once' } } },
    400,
    ['PropertyValueConflict'],
  ],
  ['a stale ETag', 'PATCH', SYSTEM, { body: pxe, headers: { 'if-match': '"x"' } }, 412, ['PreconditionFailed']],
  ['any ETag', 'PATCH', SYSTEM, { body: pxe, headers: { 'if-match': '*' } }, 200],
  ['an action without its parameter', 'POST', RESET, { body: {} }, 400, ['ActionParameterMissing']],
  [
    'a parameter that is not there',
    'POST',
    RESET,
    { body: { ResetType: 'On', Now: true } },
    400,
    ['ActionParameterUnknown'],
  ],
  ['a parameter of a wrong type', 'POST', RESET, { body: { ResetType: 1 } }, 400, ['ActionParameterValueTypeError']],
  ['a reset of a wrong type', 'POST', RESET, { body: { ResetType: 'Moon' } }, 400, ['ActionParameterValueNotInList']],
  ['a reader may read', 'GET', SYSTEM, { as: reader }, 200],
  ['a reader may not reset', 'POST', RESET, { as: reader, body: { ResetType: 'On' } }, 403, ['InsufficientPrivilege']],
  ['a reader may not choose the boot', 'PATCH', SYSTEM, { as: reader, body: pxe }, 403, ['InsufficientPrivilege']],
  ['an operator may reset', 'POST', RESET, { as: operator, body: { ResetType: 'On' } }, 204],
  ['an operator may choose the boot', 'PATCH', SYSTEM, { as: operator, body: pxe }, 200],
  ['an operator may not make accounts', 'POST', ACCOUNTS, { as: operator, body: {} }, 403, ['InsufficientPrivilege']],
  [
    'an operator may not reset the manager',
    'POST',
    '/redfish/v1/Managers/1/Actions/Manager.Reset',
    { as: operator, body: {} },
    403,
    ['InsufficientPrivilege'],
  ],
  ['a reader may change its own password', 'PATCH', `${ACCOUNTS}/3`, { as: reader, body: { Password: 'n' } }, 200],
  ['a reader may not change its role', 'PATCH', `${ACCOUNTS}/3`, { as: reader, body: { RoleId: 'Operator' } }, 403],
  ['a reader may not change another password', 'PATCH', `${ACCOUNTS}/1`, { as: reader, body: { Password: 'n' } }, 403],
  [
    'privileges of a role cannot be changed',
    'PATCH',
    '/redfish/v1/AccountService/Roles/ReadOnly',
    { body: { AssignedPrivileges: ['ConfigureUsers'] } },
    400,
    ['PropertyNotWritable'],
  ],
  ['an account needs a role', 'POST', ACCOUNTS, { body: { UserName: 'x', Password: 'y' } }, 400, ['PropertyMissing']],
  [
    'a name that is taken',
    'POST',
    ACCOUNTS,
    { body: { UserName: 'admin', Password: 'y', RoleId: 'ReadOnly' } },
    409,
    ['ResourceAlreadyExists'],
  ],
  ['nobody deletes the own account', 'DELETE', `${ACCOUNTS}/1`, {}, 403, ['ResourceCannotBeDeleted']],
  [
    'a login without its password',
    'POST',
    SESSIONS,
    { as: null, body: { UserName: 'admin' } },
    400,
    ['PropertyMissing'],
  ],
  [
    'a login with an unknown property',
    'POST',
    SESSIONS,
    { as: null, body: { UserName: 'a', Password: 'b', Colour: 'red' } },
    400,
    ['PropertyUnknown'],
  ],
  [
    'a login with a wrong password',
    'POST',
    SESSIONS,
    { as: null, body: { UserName: 'admin', Password: 'x' } },
    401,
    ['NoValidSession'],
  ],
  [
    'a login at the members',
    'POST',
    `${SESSIONS}/Members`,
    { as: null, body: { UserName: 'admin', Password: administrator.password } },
    201,
  ],
  ['the least time-out', 'PATCH', '/redfish/v1/SessionService', { body: { SessionTimeout: 30 } }, 200],
  ['a smaller time-out', 'PATCH', '/redfish/v1/SessionService', { body: { SessionTimeout: 29 } }, 400],
  ['a larger time-out', 'PATCH', '/redfish/v1/SessionService', { body: { SessionTimeout: 86_401 } }, 400],
  [
    'a subscription',
    'POST',
    SUBSCRIPTIONS,
    { body: { Destination: 'https://192.0.2.9/x', Protocol: 'Redfish', Context: 'c' } },
    201,
  ],
  ['a subscription to nowhere', 'POST', SUBSCRIPTIONS, { body: { Destination: 'x', Protocol: 'Redfish' } }, 400],
  [
    'a subscription that contradicts itself',
    'POST',
    SUBSCRIPTIONS,
    {
      body: {
        Destination: 'https://192.0.2.9/x',
        Protocol: 'Redfish',
        EventTypes: ['Alert'],
        RegistryPrefixes: ['Base'],
      },
    },
    400,
    ['PropertyValueConflict'],
  ],
]

for (const [duty, method, url, options, status, messages] of rows)
  test(`${duty}: ${method} answers ${status}`, async (t) => {
    const { request } = serviceBench()
    const answer = await request(method, url, options)
    t.equal(answer.status, status, JSON.stringify(answer.body))
    if (messages) t.same(answer.messages, messages)
    t.equal(answer.headers['OData-Version'], '4.0')
    t.equal(answer.headers['Cache-Control'], 'no-cache')
    t.notOk(answer.headers['Set-Cookie'])
    if (status >= 400 && status !== 501) t.type(answer.body.error, 'object')
    if (status === 401) t.equal(answer.headers['WWW-Authenticate'], 'Basic realm="Redfish"')
    if (status === 405) t.ok(answer.headers.Allow)
  })

test('a reading of a wrong account tells nothing about which part was wrong', async (t) => {
  const { request } = serviceBench()
  const answers = [
    await request('GET', SYSTEM, { as: wrong }),
    await request('GET', SYSTEM, { as: { username: 'nobody', password: 'x' } }),
    await request('POST', SESSIONS, { as: null, body: { UserName: 'admin', Password: 'x' } }),
    await request('GET', SYSTEM, { as: null, headers: { 'x-auth-token': 'x' } }),
  ]
  for (const { body } of answers) t.same(body, answers[0]?.body)
})

test('HEAD is GET without a body to send', async (t) => {
  const { request } = serviceBench()
  const [head, get] = [await request('HEAD', SYSTEM), await request('GET', SYSTEM)]
  t.equal(head.status, 200)
  t.same(head.headers, get.headers)
})

test('a PATCH that is partly refused says so beside the property, and does the rest', async (t) => {
  const { request } = serviceBench()
  const answer = await request('PATCH', SYSTEM, { body: { AssetTag: 'blue', Model: 'x', Colour: 1 } })
  t.equal(answer.status, 200)
  t.equal(answer.body.AssetTag, 'blue')
  t.match(answer.body['Model@Message.ExtendedInfo'], [{ MessageId: 'Base.1.22.PropertyNotWritable' }])
  t.match(answer.body['Colour@Message.ExtendedInfo'], [{ MessageId: 'Base.1.22.PropertyUnknown' }])
})

test('a PATCH that is wholly refused changes nothing', async (t) => {
  const { request } = serviceBench()
  const before = await request('GET', SYSTEM)
  const body = { Boot: { BootSourceOverrideTarget: 'None', BootSourceOverrideEnabled: 'Once' }, AssetTag: 'blue' }
  t.equal((await request('PATCH', SYSTEM, { body })).status, 400)
  t.same((await request('GET', SYSTEM)).body, before.body)
})

for (const [what, patch, expected] of [
  ['null removes', [null, 'b'], ['b']],
  ['{} keeps, and more are added', [{}, 'c', 'd'], ['a', 'c', 'd']],
  ['a shorter array cuts the rest', [{}], ['a']],
  ['what is deleted goes before what is added', [null, {}, 'c'], ['b', 'c']],
] as const)
  test(`in an array ${what}`, async (t) => {
    const { request } = serviceBench()
    const path = '/redfish/v1/Managers/1/NetworkProtocol'
    await request('PATCH', path, { body: { NTP: { NTPServers: ['a', 'b'] } } })
    const answer = await request('PATCH', path, { body: { NTP: { NTPServers: patch } } })
    t.match(answer.body.NTP, { NTPServers: expected })
    t.equal((answer.body.NTP as { readonly NTPServers: readonly string[] }).NTPServers.length, expected.length)
  })

test('an ETag is strong, changes with the content, and makes a GET of the same content 304', async (t) => {
  const { request } = serviceBench()
  const path = `${ACCOUNTS}/1`
  const first = await request('GET', path)
  t.match(first.headers.ETag, /^"[^"]+"$/)
  t.equal(first.body['@odata.etag'], first.headers.ETag)
  const tag = first.headers.ETag ?? ''
  t.match(await request('GET', path, { headers: { 'if-none-match': tag } }), { status: 304, headers: { ETag: tag } })
  const changed = await request('PATCH', path, { body: { UserName: 'root' }, headers: { 'if-match': tag } })
  t.equal(changed.status, 200)
  const root = { ...administrator, username: 'root' }
  const second = await request('GET', path, { as: root })
  t.not(second.headers.ETag, tag)
  t.equal(second.headers.ETag, changed.headers.ETag)
  const stale = { body: { UserName: 'x' }, headers: { 'if-match': tag }, as: root }
  t.equal((await request('PATCH', path, stale)).status, 412)
})

test('the ETag of the manager does not change with its clock', async (t) => {
  const { request, clock } = serviceBench()
  const path = '/redfish/v1/Managers/1'
  const first = await request('GET', path)
  await clock.pass(5000)
  const second = await request('GET', path)
  t.not(second.body.DateTime, first.body.DateTime)
  t.equal(second.headers.ETag, first.headers.ETag)
})

test('$select, $expand, $top, $skip and only show what they name', async (t) => {
  const { request } = serviceBench()
  const get = async (url: string) => (await request('GET', url)).body
  const chosen = await get(`${SYSTEM}?$select=PowerState,Boot/BootSourceOverrideMode`)
  t.same(Object.keys(chosen), ['@odata.id', '@odata.type', '@odata.etag', 'PowerState', 'Boot'])
  t.same(chosen.Boot, {
    BootSourceOverrideMode: 'UEFI',
    'BootSourceOverrideMode@Redfish.AllowableValues': ['UEFI', 'Legacy'],
  })
  t.match(await get('/redfish/v1/Systems?$expand=.'), { Members: [{ Id: '1', Boot: {} }] })
  t.match(await get(`${ROOT}?$expand=.($levels=2)`), { Systems: { Members: [{ Id: '1' }] } })
  t.match(await get(`${SYSTEM}?$expand=~`), { Links: { Chassis: [{ ChassisType: 'RackMount' }] }, Bios: {} })
  t.notOk(JSON.stringify((await get(`${SYSTEM}?$expand=~`)).Bios).includes('Attributes'))
  t.match(await get(`${SYSTEM}?$expand=*`), { Links: { Chassis: [{ Id: '1' }] }, Bios: { Attributes: {} } })
  t.match(await get('/redfish/v1/Systems?only'), { Id: '1' })
  const page = await get(`${ACCOUNTS}?$skip=1&$top=1`)
  t.match(page, { Members: [{ '@odata.id': `${ACCOUNTS}/2` }], 'Members@odata.count': 3 })
})
