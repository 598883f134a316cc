import { type Test, test } from 'tap'
import { personalities } from '../../src/service/personalities.ts'
import type { Quirks } from '../../src/service/quirks.ts'
import { type BenchAnswer, type BenchOptions, serviceBench } from './service-bench.ts'

const SYSTEM = '/redfish/v1/Systems/1'
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`
const INSERT = `${SYSTEM}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia`
const EJECT = `${SYSTEM}/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia`
const IMAGE = { Image: 'https://192.0.2.1/a.iso' }
const pxe = { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } }

type Bench = ReturnType<typeof serviceBench>
type Step = readonly [method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>] | number

/** Sends the steps one after another; numbers are milliseconds that pass. Returns the answers. */
async function walk(bench: Bench, steps: readonly Step[]): Promise<BenchAnswer[]> {
  const answers: BenchAnswer[] = []
  for (const step of steps) {
    if (typeof step === 'number') await bench.clock.pass(step)
    else {
      const [method, url, body, headers = {}] = step
      answers.push(await bench.request(method, url, { ...(body !== undefined && { body }), headers }))
    }
  }
  return answers
}

const reset = (type: string, path = RESET): Step => ['POST', path, { ResetType: type }]
const patch = (headers: Readonly<Record<string, string>> = {}): Step => ['PATCH', SYSTEM, pxe, headers]
const read: Step = ['GET', SYSTEM]

type Judge = (t: Test, answers: readonly BenchAnswer[], bench: Bench) => void
const statuses =
  (...expected: readonly number[]): Judge =>
  (t, answers) =>
    t.same(
      answers.map(({ status }) => status),
      expected,
    )
const powers =
  (...expected: readonly (string | null | undefined)[]): Judge =>
  (t, answers) =>
    t.same(
      answers.filter(({ body }) => body['@odata.id'] === SYSTEM).map(({ body }) => body.PowerState),
      expected,
    )
const messages =
  (...expected: readonly string[]): Judge =>
  (t, answers) =>
    t.same(answers.at(-1)?.messages, expected)

interface Row {
  readonly what: string
  readonly quirks: Partial<Quirks>
  readonly bench?: BenchOptions
  readonly steps: readonly Step[]
  readonly judges: readonly Judge[]
}

/** What each quirk makes of the steps that it is for. */
const rows: readonly Row[] = [
  {
    what: 'maxSessions refuses one session more',
    quirks: { maxSessions: 1 },
    steps: [login(), login()],
    judges: [statuses(201, 503), messages('SessionLimitExceeded')],
  },
  {
    what: 'noSessions has no session service',
    quirks: { noSessions: true },
    steps: [login(), ['GET', '/redfish/v1/SessionService'], read],
    judges: [statuses(404, 404, 200)],
  },
  { what: 'noBasic refuses Basic', quirks: { noBasic: true }, steps: [read], judges: [statuses(401)] },
  {
    what: 'loginLocation absolute has a scheme and a host',
    quirks: { loginLocation: 'absolute' },
    steps: [login()],
    judges: [(t, [answer]) => t.match(answer?.headers.Location, /^https:\/\/[^/]+\/redfish\/v1\/SessionService/)],
  },
  {
    what: 'loginLocation absent leaves it out',
    quirks: { loginLocation: 'absent' },
    steps: [login()],
    judges: [(t, [answer]) => t.notOk(answer?.headers.Location), statuses(201)],
  },
  { what: 'patchStatus 204 sends no body', quirks: { patchStatus: 204 }, steps: [patch()], judges: [statuses(204)] },
  { what: 'ifMatch 428 wants an ETag', quirks: { ifMatch: 428 }, steps: [patch()], judges: [statuses(428)] },
  { what: 'ifMatch 412 wants an ETag', quirks: { ifMatch: 412 }, steps: [patch()], judges: [statuses(412)] },
  {
    what: 'ifMatch takes any ETag',
    quirks: { ifMatch: 428 },
    steps: [patch({ 'if-match': '*' })],
    judges: [statuses(200)],
  },
  {
    what: 'noIfMatchAny refuses any ETag',
    quirks: { noIfMatchAny: true },
    steps: [patch({ 'if-match': '*' })],
    judges: [statuses(412)],
  },
  ...(
    [
      ['strong', /^"[^"]+"$/],
      ['weak', /^W\/"[^"]+"$/],
      ['quotedTwice', /^""[^"]+""$/],
      ['empty', /^$/],
    ] as const
  ).map(
    ([etags, shape]): Row => ({
      what: `etags ${etags} sends such a header, and the true one in the body`,
      quirks: { etags },
      steps: [read],
      judges: [
        (t, [answer]) => {
          t.match(answer?.headers.ETag, shape)
          t.match(answer?.body['@odata.etag'], /^"[^"]+"$/)
        },
      ],
    }),
  ),
  {
    what: 'etags none sends none',
    quirks: { etags: 'none' },
    steps: [read],
    judges: [(t, [answer]) => t.same([answer?.headers.ETag, answer?.body['@odata.etag']], [undefined, undefined])],
  },
  {
    what: 'trailingSlash either takes both',
    quirks: {},
    steps: [read, ['GET', `${SYSTEM}/`]],
    judges: [statuses(200, 200)],
  },
  {
    what: 'trailingSlash needed refuses a path without it',
    quirks: { trailingSlash: 'needed' },
    steps: [read, ['GET', `${SYSTEM}/`], ['GET', '/redfish/v1']],
    judges: [statuses(404, 200, 200)],
  },
  {
    what: 'trailingSlash refused refuses a path with it',
    quirks: { trailingSlash: 'refused' },
    steps: [read, ['GET', `${SYSTEM}/`], ['GET', '/redfish/v1/']],
    judges: [statuses(200, 404, 200)],
  },
  {
    what: 'trailingSlash redirect sends the client on',
    quirks: { trailingSlash: 'redirect' },
    steps: [['GET', `${SYSTEM}/`]],
    judges: [statuses(308), (t, [answer]) => t.equal(answer?.headers.Location, SYSTEM)],
  },
  {
    what: 'pageSize cuts collections and links the next page',
    quirks: { pageSize: 2 },
    steps: [
      ['GET', '/redfish/v1/AccountService/Accounts'],
      ['GET', '/redfish/v1/AccountService/Accounts?$skip=2'],
    ],
    judges: [
      (t, [first, second]) => {
        t.match(first?.body, {
          'Members@odata.count': 3,
          'Members@odata.nextLink': '/redfish/v1/AccountService/Accounts?$skip=2',
        })
        t.same([first, second].map(memberCount), [2, 1])
        t.notOk(second?.body['Members@odata.nextLink'])
      },
    ],
  },
  {
    what: 'stalePowerMs shows the old state for a while',
    quirks: { stalePowerMs: 5000 },
    steps: [reset('On'), read, 4999, read, 1, read],
    judges: [powers('Off', 'Off', 'On')],
  },
  {
    what: 'transitionMs 0 shows no PoweringOn',
    quirks: { transitionMs: 0 },
    bench: { changeMs: 1000 },
    steps: [reset('On'), read, 1000, read],
    judges: [powers('Off', 'On')],
  },
  {
    what: 'powerState shows what no machine says',
    quirks: { powerState: 'Unknown' },
    steps: [read],
    judges: [powers('Unknown')],
  },
  { what: 'powerState null is null', quirks: { powerState: 'null' }, steps: [read], judges: [powers(null)] },
  {
    what: 'powerState absent is not there',
    quirks: { powerState: 'absent' },
    steps: [read],
    judges: [powers(undefined)],
  },
  {
    what: 'resetTypesAt actionInfo says the types in a resource of their own',
    quirks: { resetTypesAt: 'actionInfo' },
    steps: [read, ['GET', `${SYSTEM}/ResetActionInfo`]],
    judges: [
      (t, [system, info]) => {
        t.match(system?.body.Actions, {
          '#ComputerSystem.Reset': { '@Redfish.ActionInfo': `${SYSTEM}/ResetActionInfo` },
        })
        t.notOk(JSON.stringify(system?.body.Actions).includes('AllowableValues'))
        t.match(info?.body.Parameters, [{ Name: 'ResetType', Required: true, DataType: 'String' }])
      },
    ],
  },
  {
    what: 'resetTypesAt nowhere says none',
    quirks: { resetTypesAt: 'nowhere' },
    steps: [read, ['GET', `${SYSTEM}/ResetActionInfo`], reset('On')],
    judges: [
      statuses(200, 404, 204),
      (t, [system]) => t.same(system?.body.Actions, { '#ComputerSystem.Reset': { target: RESET } }),
    ],
  },
  {
    what: 'droppedResets takes a reset and does nothing',
    quirks: { droppedResets: 1 },
    steps: [reset('On'), read, reset('On'), read],
    judges: [statuses(204, 200, 204, 200), powers('Off', 'On')],
  },
  {
    what: 'redundantReset 409 refuses what is so already',
    quirks: { redundantReset: 409 },
    steps: [reset('ForceOff'), reset('On'), reset('On')],
    judges: [statuses(409, 204, 409)],
  },
  {
    what: 'conflictAfterOffMs refuses On shortly after an off',
    quirks: { conflictAfterOffMs: 2000 },
    bench: { isOn: true },
    steps: [reset('ForceOff'), reset('On'), 2000, reset('On')],
    judges: [statuses(204, 409, 204)],
  },
  {
    what: 'postMs refuses changes of the boot while the firmware tests itself',
    quirks: { postMs: 3000 },
    steps: [reset('On'), patch(), 3000, patch()],
    judges: [statuses(204, 400, 200), (t, answers) => t.same(answers[1]?.messages, ['UnableToModifyDuringSystemPOST'])],
  },
  {
    what: 'dropsOverride takes an override and stores none',
    quirks: { dropsOverride: true },
    steps: [patch()],
    judges: [statuses(200), (t, [answer]) => t.match(answer?.body.Boot, { BootSourceOverrideEnabled: 'Disabled' })],
  },
  {
    what: 'noContinuous refuses Continuous',
    quirks: { noContinuous: true },
    steps: [['PATCH', SYSTEM, { Boot: { ...pxe.Boot, BootSourceOverrideEnabled: 'Continuous' } }], patch()],
    judges: [statuses(400, 200)],
  },
  {
    what: 'onceReadsContinuous reads back otherwise',
    quirks: { onceReadsContinuous: true },
    steps: [patch()],
    judges: [(t, [answer]) => t.match(answer?.body.Boot, { BootSourceOverrideEnabled: 'Continuous' })],
  },
  {
    what: 'bootNeeds wants the property in each request',
    quirks: { bootNeeds: ['BootSourceOverrideMode'] },
    steps: [patch(), ['PATCH', SYSTEM, { Boot: { ...pxe.Boot, BootSourceOverrideMode: 'UEFI' } }]],
    judges: [statuses(400, 200)],
  },
  {
    what: 'lockdown reads a stale boot order and refuses BIOS settings',
    quirks: { lockdown: true },
    steps: [
      ['PATCH', SYSTEM, { Boot: { BootOrder: ['Boot0002', 'Boot0001', 'Boot0000'] } }],
      read,
      ['PATCH', `${SYSTEM}/Bios/Settings`, { Attributes: { BootRetries: 5 } }],
    ],
    judges: [
      statuses(200, 200, 403),
      (t, answers) => t.match(answers[1]?.body.Boot, { BootOrder: ['Boot0000', 'Boot0001', 'Boot0002'] }),
    ],
  },
  {
    what: 'taskActions answers with a task, whose monitor ends with the answer of the action',
    quirks: { taskActions: ['ComputerSystem.Reset'], taskMs: 1000 },
    steps: [
      reset('On'),
      ['GET', '/redfish/v1/TaskService/TaskMonitors/1'],
      read,
      1000,
      ['GET', '/redfish/v1/TaskService/TaskMonitors/1'],
      read,
    ],
    judges: [
      statuses(202, 202, 200, 204, 200),
      powers('Off', 'On'),
      (t, [first]) => {
        t.match(first?.headers, { Location: '/redfish/v1/TaskService/TaskMonitors/1', 'Retry-After': '1' })
        t.match(first?.body, { TaskState: 'Running', '@odata.id': '/redfish/v1/TaskService/Tasks/1' })
      },
    ],
  },
  {
    what: 'failTasks ends a task with Exception and does nothing',
    quirks: { taskActions: ['ComputerSystem.Reset'], failTasks: true, taskMs: 10 },
    steps: [
      reset('On'),
      10,
      ['GET', '/redfish/v1/TaskService/Tasks/1'],
      ['GET', '/redfish/v1/TaskService/TaskMonitors/1'],
      read,
    ],
    judges: [
      statuses(202, 200, 500, 200),
      powers('Off'),
      (t, answers) => t.match(answers[1]?.body, { TaskState: 'Exception', TaskStatus: 'Critical' }),
    ],
  },
  {
    what: 'noTaskLocation leaves the header out',
    quirks: { taskActions: ['ComputerSystem.Reset'], noTaskLocation: true },
    steps: [reset('On')],
    judges: [statuses(202), (t, [answer]) => t.notOk(answer?.headers.Location)],
  },
  {
    what: 'mediaBusyMs refuses an insert shortly after an eject',
    quirks: { mediaBusyMs: 3000 },
    steps: [['POST', INSERT, IMAGE], ['POST', EJECT, {}], ['POST', INSERT, IMAGE], 3000, ['POST', INSERT, IMAGE]],
    judges: [statuses(204, 204, 503, 204)],
  },
  {
    what: 'mediaNeeds wants the parameter',
    quirks: { mediaNeeds: ['TransferProtocolType'] },
    steps: [
      ['POST', INSERT, IMAGE],
      ['POST', INSERT, { ...IMAGE, TransferProtocolType: 'HTTPS' }],
    ],
    judges: [statuses(400, 204)],
  },
  {
    what: 'powerBySupplies says On, and its supplies the truth',
    quirks: { powerBySupplies: true },
    steps: [read, ['GET', '/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/PSU1']],
    judges: [powers('On'), (t, answers) => t.match(answers[1]?.body.Status, { State: 'StandbyOffline' })],
  },
  {
    what: 'sessionLifetimeMs ends sessions that are in use',
    quirks: { sessionLifetimeMs: 1000 },
    steps: [login(), 1000, ['GET', '/redfish/v1/SessionService/Sessions']],
    judges: [(t, answers) => t.match(answers[1]?.body, { 'Members@odata.count': 0 })],
  },
]

function memberCount(answer: BenchAnswer | undefined): number {
  const members = answer?.body.Members
  return Array.isArray(members) ? members.length : 0
}

function login(): Step {
  return ['POST', '/redfish/v1/SessionService/Sessions', { UserName: 'reader', Password: 'reads' }]
}

for (const { what, quirks, bench: options, steps, judges } of rows)
  test(what, async (t) => {
    const bench = serviceBench({ ...options, quirks })
    const answers = await walk(bench, steps)
    for (const judge of judges) judge(t, answers, bench)
  })

test('baseboards answer 503 while the host is off, and come before it in the list', async (t) => {
  const bench = serviceBench({ personality: personalities.gb200 })
  const systems = '/redfish/v1/Systems'
  const [list, off, , on] = await walk(bench, [
    ['GET', systems],
    ['GET', `${systems}/HGX_Baseboard_0`],
    reset('On', `${systems}/System_0/Actions/ComputerSystem.Reset`),
    ['GET', `${systems}/HGX_Baseboard_0`],
  ])
  t.match(list?.body.Members, [{ '@odata.id': `${systems}/HGX_Baseboard_0` }, { '@odata.id': `${systems}/System_0` }])
  t.match(off, { status: 503, messages: ['HMCCommuicationFailed'] })
  t.equal(on?.status, 200)
})

test('a boot override goes to the settings resource where the vendor has it there', async (t) => {
  const bench = serviceBench({ personality: personalities.gb200 })
  const path = '/redfish/v1/Systems/System_0'
  const [system, settings, shown] = await walk(bench, [
    ['PATCH', path, pxe],
    ['PATCH', `${path}/Settings`, pxe],
    ['GET', path],
  ])
  t.equal(system?.status, 400)
  t.equal(settings?.status, 200)
  t.match(shown?.body, {
    '@Redfish.Settings': { SettingsObject: { '@odata.id': `${path}/Settings` } },
    Boot: { BootSourceOverrideTarget: 'Pxe' },
  })
})

for (const name of ['hpe', 'lenovo', 'supermicro', 'gb200'] as const)
  test(`the standby power of ${name} is cut by its own action, and the BMC is gone for a while`, async (t) => {
    const personality = personalities[name]
    const bench = serviceBench({ personality, isOn: true, quirks: { ifMatch: 'optional' } })
    const { standbyCut, systemId } = personality
    const owner = standbyCut.at === 'system' ? `Systems/${systemId}` : `Chassis/${standbyCut.at.chassis}`
    const resource = await bench.request('GET', `/redfish/v1/${owner}`)
    const { Oem: oem } = resource.body.Actions as { readonly Oem: Record<string, { readonly target: string }> }
    const target = oem[standbyCut.action]?.target ?? ''
    const cut = () => bench.request('POST', target, { body: { ResetType: standbyCut.resetType } })
    if (standbyCut.needsOff) {
      t.match(await cut(), { status: 400, messages: ['ChassisPowerStateOffRequired'] })
      await bench.request('POST', `/redfish/v1/Systems/${systemId}/Actions/ComputerSystem.Reset`, {
        body: { ResetType: 'ForceOff' },
      })
    }
    t.match(await cut(), { status: 204 })
    await bench.clock.pass(100)
    t.ok(bench.state.isDown)
    t.notOk(bench.machine.isOn())
    await bench.clock.pass(2000)
    t.notOk(bench.state.isDown)
    t.equal(bench.machine.isOn(), !standbyCut.needsOff, 'the power that was there comes back')
  })

test('a Dell cuts the standby power at the next boot by an attribute of the BIOS', async (t) => {
  const bench = serviceBench({ personality: personalities.dell, isOn: true })
  const system = '/redfish/v1/Systems/System.Embedded.1'
  const answers = await walk(bench, [
    ['PATCH', `${system}/Bios/Settings`, { Attributes: { PowerCycleRequest: 'FullPowerCycle' } }],
    ['POST', `${system}/Actions/ComputerSystem.Reset`, { ResetType: 'ForceRestart' }],
    100,
  ])
  t.match(answers, [{ status: 200 }, { status: 204 }])
  t.ok(bench.state.isDown)
  await bench.clock.pass(2000)
  t.ok(bench.machine.isOn())
  t.match(await bench.request('GET', `${system}/Bios`), { body: { Attributes: { PowerCycleRequest: 'None' } } })
})

test('a shelf without Systems has none in its root', async (t) => {
  const { request } = serviceBench({ personality: personalities.deltaShelf })
  t.notOk((await request('GET', '/redfish/v1/')).body.Systems)
  t.equal((await request('GET', '/redfish/v1/Systems')).status, 404)
})

test('Manager.Reset ends all sessions, and the BMC is gone for a while', async (t) => {
  const bench = serviceBench()
  await walk(bench, [
    login(),
    ['POST', '/redfish/v1/Managers/1/Actions/Manager.Reset', { ResetType: 'ForceRestart' }],
    60,
  ])
  t.ok(bench.state.isDown)
  t.same(bench.state.sessions.all(), [])
  await bench.clock.pass(1000)
  t.notOk(bench.state.isDown)
})
