import { test } from 'tap'
import { isJsonObject, type JsonObject } from '../../src/service/json-value.ts'
import { personalities } from '../../src/service/personalities.ts'
import { serviceBench } from './service-bench.ts'

type Bench = ReturnType<typeof serviceBench>

/** All references in a body, with those that go into a part of a resource. */
function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '@odata.id' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  )
}

/** Every resource that links lead to from the root. */
async function crawl({ request }: Bench): Promise<Map<string, JsonObject>> {
  const found = new Map<string, JsonObject>()
  const open = ['/redfish/v1/']
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue
    const { status, body } = await request('GET', path)
    if (status !== 200) throw new Error(`${path} answered ${status}`)
    found.set(path, body)
    open.push(...referencesIn(body).filter((reference) => !reference.includes('#')))
  }
  return found
}

/** A service in which there is one of everything that requests make. */
async function fullBench(name: keyof typeof personalities, isOn: boolean): Promise<Bench> {
  const bench = serviceBench({ personality: personalities[name], isOn, quirks: { baseboardNeedsHost: false } })
  const { request } = bench
  const system = `/redfish/v1/Systems/${personalities[name].systemId}`
  await request('POST', `${system}/Actions/ComputerSystem.Reset`, { body: { ResetType: isOn ? 'ForceRestart' : 'On' } })
  if (!isOn) await request('POST', `${system}/Actions/ComputerSystem.Reset`, { body: { ResetType: 'ForceOff' } })
  await request('POST', '/redfish/v1/SessionService/Sessions', { body: { UserName: 'reader', Password: 'reads' } })
  await request('POST', '/redfish/v1/EventService/Subscriptions', {
    body: { Destination: 'https://192.0.2.9/', Protocol: 'Redfish', Context: 'c' },
  })
  await request('POST', '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate', {
    body: { ImageURI: 'https://192.0.2.9/firmware.bin' },
  })
  return bench
}

/** Properties that clients insist on, by type; paths with dots. DSP0266 §8.5, DSP0268. */
const minimum: Readonly<Record<string, readonly string[]>> = {
  ServiceRoot: [
    'RedfishVersion',
    'UUID',
    'Chassis',
    'Managers',
    'AccountService',
    'EventService',
    'Tasks',
    'UpdateService',
    'Registries',
    'ProtocolFeaturesSupported.ExpandQuery',
    'ProtocolFeaturesSupported.SelectQuery',
    'ProtocolFeaturesSupported.FilterQuery',
    'ProtocolFeaturesSupported.OnlyMemberQuery',
    'ProtocolFeaturesSupported.ExcerptQuery',
  ],
  Chassis: ['ChassisType', 'Status.State', 'Links.ManagedBy'],
  Manager: ['ManagerType', 'FirmwareVersion', 'DateTime', 'NetworkProtocol', 'Links.ManagerForChassis', 'Actions'],
  VirtualMedia: ['MediaTypes', 'Inserted', 'Image', 'ImageName', 'ConnectedVia', 'WriteProtected'],
  SessionService: ['SessionTimeout', 'ServiceEnabled', 'Sessions'],
  Session: ['UserName', 'Password', 'CreatedTime', 'SessionType'],
  ManagerAccount: ['UserName', 'Password', 'RoleId', 'Enabled', 'Locked', 'AccountTypes', 'Links.Role'],
  Role: ['RoleId', 'IsPredefined', 'AssignedPrivileges'],
  Task: ['TaskState', 'TaskStatus', 'StartTime', 'PercentComplete', 'Messages', 'TaskMonitor'],
  EventService: ['ServiceEnabled', 'ServerSentEventUri', 'Subscriptions', 'DeliveryRetryAttempts', 'RegistryPrefixes'],
  EventDestination: ['Destination', 'Context', 'Protocol', 'SubscriptionType', 'EventFormatType'],
  LogService: ['Entries', 'Actions', 'DateTime'],
  LogEntry: ['EntryType', 'Severity', 'Created', 'Message', 'MessageId'],
  Sensor: ['Reading', 'ReadingType', 'ReadingUnits', 'Status.State'],
  ThermalMetrics: ['TemperatureReadingsCelsius'],
  PowerSupply: ['Status.State'],
  UpdateService: ['FirmwareInventory', 'MultipartHttpPushUri', 'HttpPushUri', 'MaxImageSizeBytes', 'Actions'],
  SoftwareInventory: ['Version', 'Updateable'],
  Bios: ['Attributes'],
  SecureBoot: ['SecureBootEnable', 'SecureBootCurrentBoot', 'SecureBootMode'],
  MessageRegistryFile: ['Registry', 'Languages', 'Location'],
  JsonSchemaFile: ['Schema', 'Languages', 'Location'],
}

/** The host's own; baseboards and settings have less. sushy refuses a system without Id, Boot and Actions. */
const hostMinimum = [
  'SystemType',
  'UUID',
  'PowerState',
  'Status.State',
  'Status.Health',
  'Boot.BootSourceOverrideEnabled',
  'Boot.BootSourceOverrideTarget',
  'Boot.BootSourceOverrideTarget@Redfish.AllowableValues',
  'Links.Chassis',
  'Links.ManagedBy',
  'Actions',
]

function has(body: JsonObject, path: string): boolean {
  const [name = '', ...rest] = path.includes('@') ? splitOnce(path) : path.split('.')
  if (!Object.hasOwn(body, name)) return false
  const inner = body[name]
  return rest.length === 0 || (isJsonObject(inner) && has(inner, rest.join('.')))
}

function splitOnce(path: string): string[] {
  const dot = path.indexOf('.')
  return dot < 0 || dot > path.indexOf('@') ? [path] : [path.slice(0, dot), path.slice(dot + 1)]
}

for (const name of Object.keys(personalities) as (keyof typeof personalities)[])
  for (const isOn of [false, true])
    test(`every resource of ${name} that is ${isOn ? 'on' : 'off'} is whole, and every link leads to one`, async (t) => {
      const bench = await fullBench(name, isOn)
      const found = await crawl(bench)
      t.ok(found.size > 100)
      const wrong: string[] = []
      for (const [path, body] of found) {
        const type = String(body['@odata.type'])
        const kind = type.split('.').at(-1) ?? ''
        const isCollection = kind.endsWith('Collection')
        const wellTyped = isCollection ? /^#(\w+)\.\1$/ : /^#(\w+)\.v\d+_\d+_\d+\.\1$/
        if (body['@odata.id'] !== path) wrong.push(`${path} says that it is ${body['@odata.id']}`)
        if (!wellTyped.test(type)) wrong.push(`${path} has the type ${type}`)
        if (/[^\w./:-]/.test(path)) wrong.push(`${path} has unsafe characters`)
        if (typeof body.Name !== 'string') wrong.push(`${path} has no Name`)
        if (isCollection ? !hasMembers(body) : typeof body.Id !== 'string')
          wrong.push(`${path} has no Id or no members`)
        const isHost = path === `/redfish/v1/Systems/${personalities[name].systemId}`
        for (const property of isHost ? hostMinimum : (minimum[kind] ?? []))
          if (!has(body, property)) wrong.push(`${path} has no ${property}`)
        for (const reference of referencesIn(body)) {
          const [target = '', fragment] = reference.split('#')
          const part = fragment?.split('/').slice(1).reduce<unknown>(step, found.get(target))
          if (fragment !== undefined && part === undefined) wrong.push(`${path} links ${reference}`)
        }
      }
      t.same(wrong, [])
    })

function step(value: unknown, key: string): unknown {
  return Array.isArray(value) ? value[Number(key)] : isJsonObject(value) ? value[key] : undefined
}

function hasMembers(body: JsonObject): boolean {
  return Array.isArray(body.Members) && body['Members@odata.count'] === body.Members.length && body.Id === undefined
}

test('every answer of a resource says what it allows, and which schema describes it', async (t) => {
  const bench = await fullBench('standard', true)
  for (const [path, body] of await crawl(bench)) {
    const { headers } = await bench.request('GET', path)
    const file = String(body['@odata.type']).slice(1).split('.').slice(0, -1).join('.')
    t.match(headers, {
      'OData-Version': '4.0',
      'Cache-Control': 'no-cache',
      'Content-Type': 'application/json; charset=utf-8',
      Link: `<http://redfish.dmtf.org/schemas/v1/${file}.json>; rel=describedby`,
      Allow: /^GET, HEAD/,
    })
    t.match(headers.ETag, /^"[^"]+"$/, path)
  }
})

test('every action leads to a target that takes a POST alone', async (t) => {
  const bench = await fullBench('gb200', false)
  const targets = new Set<string>()
  for (const body of (await crawl(bench)).values())
    JSON.stringify(body, (name, value: unknown) => {
      if (name === 'target' && typeof value === 'string') targets.add(value)
      return value
    })
  t.ok(targets.size > 8)
  for (const target of targets) t.match(await bench.request('GET', target), { status: 405, headers: { Allow: 'POST' } })
})

test('the metadata names the schema of every type that there is', async (t) => {
  const bench = await fullBench('standard', true)
  const { exchange } = await import('../../src/service/exchange.ts')
  const asked = { method: 'GET', url: '/redfish/v1/$metadata', headers: {}, from: '', isSecure: true }
  const fail = (error: unknown) => t.error(error)
  const answer = await exchange(bench.state, { ...asked, body: new Uint8Array(0) }, fail)
  t.equal(answer.headers['Content-Type'], 'application/xml; charset=utf-8')
  const types = new Set(Array.from((await crawl(bench)).values(), (body) => String(body['@odata.type']).slice(1)))
  for (const type of types) t.match(answer.body, `Namespace="${type.split('.').slice(0, -1).join('.')}"`)
})

test('the UUID of the service is that of the machine, in small letters, and the session links agree', async (t) => {
  const { request } = serviceBench()
  const root = (await request('GET', '/redfish/v1/')).body
  t.equal(root.UUID, '9a1e7d5c-8a0e-4d3c-9c5e-0f4f6f1b2a33')
  const service = (await request('GET', '/redfish/v1/SessionService')).body
  t.same((root.Links as JsonObject).Sessions, service.Sessions)
})
