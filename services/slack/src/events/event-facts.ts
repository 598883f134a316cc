import { type DrpEvent, isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Severity } from '../severity.ts'

/** Longest name, word and error text that is kept, in characters. */
const NAME_MAX = 200
const ERROR_MAX = 1000

export type EventKind = 'action' | 'created' | 'deleted' | 'changed' | 'job' | 'plugin' | 'other'

/** `none` where the event says nothing of it. */
export type Outcome = 'started' | 'done' | 'failed' | 'none'

export interface ErrorFacts {
  /** Our own code (docs/errors.md); empty where the endpoint is not ours. */
  readonly code: string
  /** HTTP status, 0 where there is none. */
  readonly status: number
  readonly message: string
}

/** What matters of an event, as plain text that is not escaped yet; no params, so no secrets. Small: it is kept in the outbox. */
export interface EventFacts {
  readonly kind: EventKind
  readonly outcome: Outcome
  readonly severity: Severity
  readonly type: string
  readonly action: string
  readonly key: string
  /** Milliseconds since 1970, of the event or, where it has none, of its arrival. */
  readonly timeMs: number
  readonly principal: string
  /** Name of what it is about, for people. */
  readonly subject: string
  /** Only where it is about a machine. */
  readonly machine?: { readonly uuid: string; readonly name: string }
  readonly plugin?: string
  readonly command?: string
  readonly requestId?: string
  readonly durationMs?: number
  readonly attempts?: number
  readonly driver?: string
  /** What the action found or made of it: `on`, `off`. */
  readonly power?: string
  readonly bootDevice?: string
  readonly changed?: boolean
  readonly verified?: boolean
  readonly error?: ErrorFacts
  /** Task of a job, and its state. */
  readonly job?: { readonly state: string; readonly task: string }
}

/** Never throws: what an event lacks is absent or empty. */
export function eventFacts(event: DrpEvent, nowMs: number): EventFacts {
  const object = isJsonObject(event.Object) ? event.Object : {}
  const kind = kindOf(event, object)
  const outcome = outcomeOf(kind, object, isJsonObject(event.Original) ? event.Original : {})
  const machine = machineOf(event, object)
  const error = kind === 'plugin' ? pluginErrors(object) : errorOf(object)
  const parsed = Date.parse(event.Time)
  return {
    kind,
    outcome,
    severity: outcome === 'failed' ? 'error' : outcome === 'done' ? 'good' : 'info',
    type: short(event.Type),
    action: short(event.Action),
    key: short(event.Key),
    timeMs: Number.isNaN(parsed) ? nowMs : parsed,
    principal: short(event.Principal),
    subject: short(machine?.name || text(object.Name) || event.Key),
    ...(machine && { machine }),
    ...texts({ plugin: object.Plugin, command: object.Command, requestId: object.RequestId, driver: object.Driver }),
    ...numbers({ durationMs: object.DurationMs, attempts: object.Attempts }),
    ...resultOf(object),
    ...(error && { error }),
    ...(kind === 'job' && { job: { state: short(text(object.State)), task: short(text(object.Task)) } }),
  }
}

const changes = new Set(['update', 'save'])

/** Our actions tell their phase; the events of others are known by their names (plugin contract §5). */
function kindOf({ Type, Action, Original }: DrpEvent, object: JsonObject): EventKind {
  if (typeof object.Phase === 'string' && typeof object.Command === 'string') return 'action'
  if (Type === 'jobs') return 'job'
  if (Action === 'create') return 'created'
  if (Action === 'delete') return 'deleted'
  // An object is saved often: only errors that were not there before are news.
  const before = isJsonObject(Original) ? errorsOf(Original) : []
  if (Type === 'plugins' && errorsOf(object).some((error) => !before.includes(error))) return 'plugin'
  return changes.has(Action) ? 'changed' : 'other'
}

const phases = new Map<unknown, Outcome>([
  ['start', 'started'],
  ['end', 'done'],
  ['error', 'failed'],
])

function outcomeOf(kind: EventKind, object: JsonObject, original: JsonObject): Outcome {
  switch (kind) {
    case 'action':
      // Nothing was sent.
      if (isJsonObject(object.Result) && object.Result.DryRun === true) return 'none'
      return phases.get(object.Phase) ?? 'none'
    case 'job':
      if (original.State === object.State) return 'none'
      return object.State === 'failed' ? 'failed' : object.State === 'finished' ? 'done' : 'none'
    case 'plugin':
      return 'failed'
    default:
      return 'none'
  }
}

function machineOf(event: DrpEvent, object: JsonObject): { uuid: string; name: string } | undefined {
  if (event.Type === 'jobs') {
    const uuid = short(text(object.Machine))
    return uuid === '' ? undefined : { uuid, name: uuid }
  }
  if (event.Type !== 'machines') return undefined
  const inner = isJsonObject(object.Machine) ? object.Machine : object
  const uuid = short(text(inner.Uuid) || event.Key)
  return { uuid, name: short(text(inner.Name) || uuid) }
}

function errorOf({ Error: error, Phase }: JsonObject): ErrorFacts | undefined {
  if (!isJsonObject(error)) return Phase === 'error' ? { code: '', status: 0, message: text(error) } : undefined
  return {
    code: short(text(error.Reason)),
    status: typeof error.Code === 'number' ? error.Code : 0,
    message: cut(textsOf(error.Messages).join('; '), ERROR_MAX),
  }
}

function pluginErrors(object: JsonObject): ErrorFacts {
  return { code: '', status: 0, message: cut(errorsOf(object).join('; '), ERROR_MAX) }
}

function errorsOf(object: JsonObject): readonly string[] {
  return [...textsOf(object.PluginErrors), ...textsOf(object.Errors)]
}

function resultOf({ Result: result }: JsonObject): Partial<EventFacts> {
  if (!isJsonObject(result)) return {}
  const { Changed, Verified } = result
  return {
    ...texts({ power: result.Power, bootDevice: result.BootDevice }),
    ...(typeof Changed === 'boolean' && { changed: Changed }),
    ...(typeof Verified === 'boolean' && { verified: Verified }),
  }
}

function texts(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const found = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(found.filter(([, value]) => value !== '').map(([name, value]) => [name, short(value)]))
}

function numbers(values: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  )
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function short(value: string): string {
  return cut(value, NAME_MAX)
}

function cut(value: string, max: number): string {
  return value.length > max ? `${value.slice(0, max - 1)}…` : value
}
