import { type DrpEvent, isJsonObject, type JsonObject } from '@powerbus/drp'
import { cutPlain } from '../cut-plain.ts'
import type { Severity } from '../severity.ts'

/** Longest name, word and error text that is kept, in characters. */
const NAME_MAX = 200
const ERROR_MAX = 1000

export type EventKind = 'action' | 'created' | 'deleted' | 'changed' | 'job' | 'plugin' | 'other'

/** `none`: the event does not say. */
export type Outcome = 'started' | 'done' | 'failed' | 'none'

export interface ErrorFacts {
  /** Powerbus error code (docs/errors.md); empty from other endpoints. */
  readonly code: string
  /** HTTP status; 0 if absent. */
  readonly status: number
  readonly message: string
}

/**
 * Facts of an event for routes and templates: plain text, not escaped; no params, so no secrets. The outbox stores
 * them.
 */
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
  /** Display name of the machine or other object. */
  readonly subject: string
  /** Present if the event is about a machine. */
  readonly machine?: { readonly uuid: string; readonly name: string }
  readonly plugin?: string
  readonly command?: string
  readonly requestId?: string
  readonly durationMs?: number
  readonly attempts?: number
  readonly driver?: string
  /** Power state that the action read or set: `on`, `off`. */
  readonly power?: string
  readonly bootDevice?: string
  readonly changed?: boolean
  readonly verified?: boolean
  readonly error?: ErrorFacts
  /** State and task of a job. */
  readonly job?: { readonly state: string; readonly task: string }
}

/** Never throws; a fact that the event lacks is absent or empty. */
export function eventFacts(event: DrpEvent, nowMs: number): EventFacts {
  const object = isJsonObject(event.Object) ? event.Object : {}
  const [kind, outcome] = classify(event, object, isJsonObject(event.Original) ? event.Original : {})
  const machine = machineOf(event, object)
  const error = errorOf(kind, object)
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

const phases = new Map<unknown, Outcome>([
  ['start', 'started'],
  ['end', 'done'],
  ['error', 'failed'],
])
const jobEnds = new Map<unknown, Outcome>([
  ['finished', 'done'],
  ['failed', 'failed'],
])

/** Powerbus actions have a phase; other events are told apart by type and action (plugin contract §5). */
function classify({ Type, Action }: DrpEvent, object: JsonObject, original: JsonObject): [EventKind, Outcome] {
  if (typeof object.Phase === 'string' && typeof object.Command === 'string') {
    // A dry run sends nothing.
    const isDryRun = isJsonObject(object.Result) && object.Result.DryRun === true
    return ['action', (!isDryRun && phases.get(object.Phase)) || 'none']
  }
  if (Type === 'jobs') return ['job', (original.State !== object.State && jobEnds.get(object.State)) || 'none']
  if (Action === 'create') return ['created', 'none']
  if (Action === 'delete') return ['deleted', 'none']
  // Objects are saved often, so only new errors count.
  const before = errorsOf(original)
  if (Type === 'plugins' && errorsOf(object).some((error) => !before.includes(error))) return ['plugin', 'failed']
  return [Action === 'update' || Action === 'save' ? 'changed' : 'other', 'none']
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

function errorOf(kind: EventKind, object: JsonObject): ErrorFacts | undefined {
  const { Error: error, Phase } = object
  const facts = (messages: readonly string[], code = '', status = 0) => {
    return { code, status, message: cutPlain(messages.join('; '), ERROR_MAX) }
  }
  if (kind === 'plugin') return facts(errorsOf(object))
  if (!isJsonObject(error)) return Phase === 'error' ? facts([text(error)]) : undefined
  const { Reason, Code, Messages } = error
  return facts(textsOf(Messages), short(text(Reason)), typeof Code === 'number' ? Code : 0)
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
  return cutPlain(value, NAME_MAX)
}
