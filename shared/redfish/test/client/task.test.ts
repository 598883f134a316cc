import { test } from 'tap'
import { taskVerdict } from '../../src/index.ts'
import { call, connected, SYSTEM } from '../fixture/connected.ts'
import { extended, type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`
const MONITOR = '/redfish/v1/TaskService/TaskMonitors/7'
const TASK = '/redfish/v1/TaskService/Tasks/7'
const JOB = '/redfish/v1/Managers/iDRAC.Embedded.1/Jobs/JID_1'
const resource = { path: SYSTEM, body: { Actions: { '#ComputerSystem.Reset': { target: RESET } } } }

const accepted: Reply = { status: 202, headers: { location: MONITOR }, body: { '@odata.id': TASK, TaskState: 'New' } }
const task = (TaskState: string, more: object = {}) => ({ '@odata.id': TASK, TaskState, ...more })
const running = (headers = {}): Reply => ({ status: 202, headers, body: task('Running') })

function bmcWith(reset: Reply, monitor: Reply[], others: Readonly<Record<string, Reply[]>> = {}): ScriptedBmc {
  const bmc = new ScriptedBmc()
    .withSessions()
    .on('POST', RESET, reset)
    .on('GET', MONITOR, ...monitor)
  for (const [path, replies] of Object.entries(others)) bmc.on('GET', path, ...replies)
  return bmc
}

const rows: [string, ScriptedBmc, object][] = [
  ['204 needs no task', bmcWith({ status: 204 }, []), { status: 204 }],
  ['202 without any place is left to the state', bmcWith({ status: 202 }, []), { status: 202 }],
  [
    'the monitor runs, then gives the answer of the operation, and the task agrees',
    bmcWith(accepted, [running(), running(), { status: 204 }], {
      [TASK]: [{ body: task('Completed', { TaskStatus: 'OK' }) }],
    }),
    { status: 204, taskState: 'Completed' },
  ],
  [
    'the answer of the operation counts where the task has gone',
    bmcWith(accepted, [{ status: 200, body: { Done: true } }], { [TASK]: [{ status: 404 }] }),
    { status: 200, body: { Done: true } },
  ],
  [
    'the monitor is the task itself',
    bmcWith({ ...accepted, headers: { location: TASK } }, [], {
      [TASK]: [{ body: task('Running') }, { body: task('Completed') }],
    }),
    { taskState: 'Completed' },
  ],
  [
    'the place is in the body alone',
    bmcWith({ status: 202, body: { '@odata.id': TASK } }, [], { [TASK]: [{ body: task('Completed') }] }),
    { taskState: 'Completed' },
  ],
  [
    'the place is an absolute URL',
    bmcWith({ status: 202, headers: { location: `https://bmc.internal${MONITOR}` } }, [{ status: 200 }]),
    { status: 200 },
  ],
  [
    'the monitor has gone, and the task is read',
    bmcWith(accepted, [running(), { status: 404 }], { [TASK]: [{ body: task('Completed', { TaskStatus: 'OK' }) }] }),
    { taskState: 'Completed' },
  ],
  [
    'the monitor has gone for good with 410',
    bmcWith(accepted, [{ status: 410 }], { [TASK]: [{ body: task('Completed') }] }),
    { taskState: 'Completed' },
  ],
  [
    'Dell names a job',
    bmcWith({ status: 202, headers: { location: JOB } }, [], {
      [JOB]: [
        { body: { JobState: 'Scheduled', Message: 'Task successfully scheduled.' } },
        { body: { JobState: 'Completed' } },
      ],
    }),
    { taskState: 'Completed' },
  ],
  [
    'an update goes on as a job',
    bmcWith(
      accepted,
      [
        {
          status: 202,
          body: task('Running', {
            Messages: [{ MessageId: 'Update.1.0.OperationTransitionedToJob', MessageArgs: [JOB] }],
          }),
        },
      ],
      {
        [JOB]: [{ body: { JobState: 'Running' } }, { body: { JobState: 'Completed' } }],
      },
    ),
    { taskState: 'Completed' },
  ],
]
for (const [name, bmc, expected] of rows) {
  test(`an action is followed to its end: ${name}`, async (t) => {
    const { connection, run } = connected(t, bmc)
    t.match(await run(connection.act(resource, '#ComputerSystem.Reset', { ResetType: 'On' }, call())), expected)
    t.equal(bmc.lines.filter((line) => line === `POST ${RESET}`).length, 1)
    t.notOk(
      bmc.lines.some((line) => line.startsWith('DELETE')),
      'a task is never cancelled',
    )
  })
}

const why = { Messages: [{ MessageId: 'Base.1.8.InternalError', Message: 'The fan is missing.' }] }
const failures: [string, ScriptedBmc, object][] = [
  [
    'the task ends as an exception',
    bmcWith(accepted, [{ status: 200 }], { [TASK]: [{ body: task('Exception', why) }] }),
    { kind: 'task-failed', message: /ended as Exception: The fan is missing\./ },
  ],
  ['the task was killed', bmcWith(accepted, [{ body: task('Killed') }]), { kind: 'task-failed', message: /Killed/ }],
  ['the task was cancelled', bmcWith(accepted, [{ body: task('Cancelled') }]), { kind: 'task-failed' }],
  [
    'it completed, but not well',
    bmcWith(accepted, [{ body: task('Completed', { TaskStatus: 'Critical', ...why }) }]),
    { kind: 'task-failed', message: /The fan is missing/ },
  ],
  ['202 says that it failed', bmcWith(accepted, [{ status: 202, body: task('Exception') }]), { kind: 'task-failed' }],
  [
    'the monitor gives the failure',
    bmcWith(accepted, [running(), { status: 400, body: extended('ActionNotSupported', ['On']) }]),
    { kind: 'unsupported', status: 400 },
  ],
  [
    'a Dell job never begins',
    bmcWith({ status: 202, headers: { location: JOB } }, [], {
      [JOB]: [
        { body: { JobState: 'Scheduled', MessageId: 'PR30', Message: 'Job processing initialization failure.' } },
      ],
    }),
    { kind: 'task-failed', message: /Scheduled: Job processing initialization failure/ },
  ],
  [
    'the monitor and the task have gone',
    bmcWith(accepted, [{ status: 404 }], { [TASK]: [{ status: 404 }] }),
    { kind: 'unknown-outcome' },
  ],
  [
    'the BMC went away while it ran',
    bmcWith(accepted, [running(), { fails: 'connect', sent: false }]),
    { kind: 'unknown-outcome', message: /was accepted, and its task/ },
  ],
  ['it runs until the deadline', bmcWith(accepted, [running()]), { kind: 'unknown-outcome' }],
  ['it hangs until the deadline', bmcWith(accepted, [{ hangs: true }]), { kind: 'unknown-outcome' }],
]
for (const [name, bmc, expected] of failures) {
  test(`an accepted action is no success when ${name}`, async (t) => {
    const { connection, failure } = connected(t, bmc)
    t.match(await failure(connection.act(resource, '#ComputerSystem.Reset', {}, call())), { ...expected, sent: true })
  })
}

test('a task is polled by its Retry-After, between 1 s and 60 s, else every 5 s', async (t) => {
  for (const [headers, waited] of [
    [{}, 5_000],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0' }, 1_000],
    [{ 'retry-after': '900' }, 60_000],
  ] as const) {
    const { clock, connection, run } = connected(
      t,
      bmcWith(accepted, [running(headers), { status: 204 }], { [TASK]: [{ status: 404 }] }),
    )
    const startMs = clock.nowMs()
    await run(connection.act(resource, '#ComputerSystem.Reset', {}, call(120_000)))
    t.equal(clock.nowMs() - startMs, waited)
  }
})

test('a task that was begun elsewhere can be waited for', async (t) => {
  const { connection, failure, run } = connected(
    t,
    bmcWith(accepted, [], { [TASK]: [{ body: task('Pending') }, { body: task('Completed') }] }),
  )
  t.match(await run(connection.finished(TASK, call())), { taskState: 'Completed' })
  t.match(await failure(connection.finished('/redfish/v1/TaskService/Tasks/9', call())), { kind: 'not-found' })
})

test('states of tasks and jobs', async (t) => {
  const states: [object, object | undefined][] = [
    ...['New', 'Starting', 'Running', 'Suspended', 'Pending', 'Stopping', 'Service', 'Cancelling', 'Interrupted'].map(
      (TaskState): [object, object] => [{ TaskState }, { is: 'running' }],
    ),
    [{ TaskState: 'Completed', TaskStatus: 'OK' }, { is: 'done' }],
    [{ TaskState: 'Completed', TaskStatus: null }, { is: 'done' }],
    [{ TaskState: 'Completed', TaskStatus: 'Warning' }, { is: 'failed' }],
    [{ JobState: 'CompletedWithErrors' }, { is: 'failed' }],
    [{ JobState: 'Failed' }, { is: 'failed' }],
    [{ JobState: 'RebootCompleted' }, { is: 'done' }],
    [{ TaskState: 'constructor' }, { is: 'running' }],
    [{ Id: '1' }, undefined],
  ]
  for (const [body, expected] of states) t.match(taskVerdict(body as never), expected, JSON.stringify(body))
})

test('an action goes to its target, of its own or of its vendor', async (t) => {
  const body = {
    Actions: {
      '#ComputerSystem.Reset': { target: `https://bmc.internal${RESET}` },
      Oem: { '#Hpe.SystemReset': { target: '/redfish/v1/Oem/Reset' } },
    },
  }
  const bmc = bmcWith({ status: 204 }, []).on('POST', '/redfish/v1/Oem/Reset', { status: 204 })
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.act({ path: SYSTEM, body }, '#ComputerSystem.Reset', {}, call()))
  await run(connection.act({ path: SYSTEM, body }, '#Hpe.SystemReset', {}, call()))
  t.same(bmc.lines.slice(1), [`POST ${RESET}`, 'POST /redfish/v1/Oem/Reset'])
  const missing = await failure(connection.act({ path: SYSTEM, body: {} }, '#ComputerSystem.Reset', {}, call()))
  t.match(missing, { kind: 'unsupported', sent: false, message: /offers no action #ComputerSystem\.Reset/ })
})

test('allowed values come from the action, else from its ActionInfo, else nobody knows', async (t) => {
  const INFO = `${SYSTEM}/ResetActionInfo`
  const info = {
    Parameters: [
      { Name: 'Other', AllowableValues: ['x'] },
      { Name: 'ResetType', AllowableValues: ['On', null, 'ForceOff'] },
    ],
  }
  const { bmc, connection, run } = connected(t, bmcWith({ status: 204 }, [], { [INFO]: [{ body: info }] }))
  const values = (reset: object) =>
    run(
      connection.allowedValues(
        { path: SYSTEM, body: { Actions: { '#ComputerSystem.Reset': reset } } } as never,
        '#ComputerSystem.Reset',
        'ResetType',
        call(),
      ),
    )
  t.same(await values({ 'ResetType@Redfish.AllowableValues': ['On'] }), ['On'])
  t.same(bmc.seen, [])
  t.same(await values({ '@Redfish.ActionInfo': INFO }), ['On', 'ForceOff'])
  t.same(await values({ '@Redfish.ActionInfo': { '@odata.id': INFO } }), ['On', 'ForceOff'])
  t.equal(await values({}), undefined)
})
