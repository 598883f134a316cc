import type { DrpEvent } from '@powerbus/drp'

const UUID = '7c7b4c2e-3f0a-4a0e-9a30-0a6f5f2b7d11'
const START_MS = Date.parse('2026-11-20T09:30:00Z')

/** One event of each kind that has a message of its own, by the name of its built-in template. */
export const sampleEvents = {
  'action-started': action('poweron', 0, { Phase: 'start' }),
  'action-done': action('poweron', 1, {
    Phase: 'end',
    DurationMs: 4210,
    Attempts: 1,
    Result: { Power: 'on', Changed: true, Verified: true, Attempts: 1, ElapsedMs: 4180 },
  }),
  'action-failed': action('powercycle', 2, {
    Phase: 'error',
    DurationMs: 60_020,
    Attempts: 3,
    Error: {
      Model: 'plugin',
      Key: 'ipmi',
      Type: 'rpc',
      Reason: 'TARGET_TIMEOUT',
      Messages: ['10.0.0.7 port 623: no answer within 60 s'],
      Code: 504,
    },
  }),
  'machine-created': sample('machines', 'create', UUID, 3, { Name: 'node-07', Uuid: UUID }),
  'machine-deleted': sample('machines', 'delete', UUID, 4, { Name: 'node-07', Uuid: UUID }),
  'job-failed': sample('jobs', 'update', 'job-1', 5, { State: 'failed', Task: 'install-os', Machine: UUID }),
  'plugin-error': sample('plugins', 'save', 'ipmi', 6, {
    Name: 'ipmi',
    Errors: ['given up after 6 failed runs', 'it ended with 1'],
  }),
  generic: sample('profiles', 'update', 'rack-a', 7, { Name: 'rack-a' }),
} as const satisfies Record<string, DrpEvent>

/** What two names and a reason that mean something to Slack must look like. */
export const hostileEvent: DrpEvent = {
  ...action('poweroff', 8, {
    Phase: 'error',
    Error: { Reason: 'AUTH_FAILED', Messages: ['<!channel> & <@U123> <https://example.org|click>'], Code: 409 },
  }),
  Object: {
    Phase: 'error',
    Command: 'poweroff',
    Machine: { Uuid: UUID, Name: '<!here> & co' },
    Error: { Reason: 'AUTH_FAILED', Messages: ['<!channel> & <@U123> <https://example.org|click>'], Code: 409 },
  },
}

/** Events of one machine within a minute. */
export const burst: readonly DrpEvent[] = [
  sampleEvents['action-failed'],
  action('powercycle', 9, done('on')),
  action('nextbootpxe', 10, {
    Phase: 'end',
    DurationMs: 310,
    Result: { BootDevice: 'pxe', Persistent: false, EFI: true, Verified: true },
  }),
]

function done(power: string) {
  return { Phase: 'end', DurationMs: 9200, Attempts: 1, Result: { Power: power, Changed: true, Verified: true } }
}

function action(command: string, second: number, outcome: object): DrpEvent {
  const machine = { Uuid: UUID, Name: 'node-07' }
  const who = {
    Plugin: 'ipmi',
    Command: command,
    RequestId: `r-${second}`,
    Principal: 'user:powerbus',
    Driver: 'ipmitool',
  }
  return sample('machines', command, UUID, second, { Machine: machine, ...who, ...outcome })
}

function sample(Type: string, Action: string, Key: string, second: number, object: object): DrpEvent {
  const Time = new Date(START_MS + second * 1000).toISOString()
  return { Time, Type, Action, Key, Principal: 'user:powerbus', Object: object, Original: null, Id: `sample-${second}` }
}
