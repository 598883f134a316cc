import { createHash } from 'node:crypto'
import type { BusEvent } from '@powerbus/bus'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { ActionEnd, ActionObserver, ActionRun } from '../host/action-observer.ts'
import { failureOf } from '../host/failure.ts'
import type { EventOutbox } from './event-outbox.ts'

/** A longer result is left out of the event, in characters of JSON. */
const RESULT_LENGTH_MAX = 64 * 1024

/** `start`: accepted; `end`: with its result; `error`. */
export type ActionPhase = 'start' | 'end' | 'error'

/** What tells one action from another. */
export interface ActionIdentity {
  readonly requestId: string
  /** The provider's name. */
  readonly plugin: string
  readonly command: string
  /** Of the event: Uuid or Name of the object, or the plugin's name for a system action. */
  readonly key: string
}

/**
 * The id of an action's event. Whoever tells of one action, the plugin that ran it or the endpoint that passed it on, gives its
 * events the same ids, and the bus makes them one: so both may tell, and if one of them dies the other has.
 */
export function actionEventId({ requestId, plugin, command, key }: ActionIdentity, phase: ActionPhase): string {
  const hash = createHash('sha256').update(JSON.stringify([requestId, plugin, command, key]))
  return `action-${hash.digest('hex').slice(0, 32)}-${phase}`
}

/** Tells the bus of every action: `KIND.COMMAND.KEY`, of the shape that the endpoint's have. */
export function actionEvents(outbox: EventOutbox): ActionObserver {
  const tell = (run: ActionRun, phase: ActionPhase, more: JsonObject) =>
    outbox.publish(actionEvent(run, phase, more), { requestId: run.requestId })
  return {
    begin(run) {
      tell(run, 'start', {})
      return (end) => tell(run, end.error ? 'error' : 'end', endOf(run, end))
    },
  }
}

function actionEvent(run: ActionRun, phase: ActionPhase, more: JsonObject): BusEvent {
  const { plugin, command, kind, model, requestId, driver } = run
  const key = keyOf(run)
  const principal = run.principal || `plugin:${plugin}`
  return {
    id: actionEventId({ requestId, plugin, command, key }, phase),
    Time: new Date().toISOString(),
    Type: kind || 'system',
    Action: command,
    Key: key,
    Principal: principal,
    Object: {
      Phase: phase,
      ...(kind !== '' && { Machine: machineOf(model) }),
      Plugin: plugin,
      Command: command,
      RequestId: requestId,
      Principal: principal,
      ...(driver !== '' && { Driver: driver }),
      ...more,
    },
    Original: null,
  }
}

function endOf({ plugin }: ActionRun, { durationMs, result, error }: ActionEnd): JsonObject {
  const DurationMs = Math.round(durationMs)
  if (error) return { Error: failureOf(plugin, error), DurationMs }
  const isShown = (JSON.stringify(result) ?? '').length <= RESULT_LENGTH_MAX
  const { Attempts, Driver } = isJsonObject(result) ? result : {}
  return {
    ...(isShown && { Result: result ?? null }),
    DurationMs,
    ...(typeof Attempts === 'number' && { Attempts }),
    ...(typeof Driver === 'string' && { Driver }),
  }
}

function machineOf({ Uuid, Name }: JsonObject): JsonObject {
  return { ...(typeof Uuid === 'string' && { Uuid }), Name: typeof Name === 'string' ? Name : '' }
}

function keyOf({ kind, model, plugin }: ActionRun): string {
  const key = kind === '' ? plugin : (model.Uuid ?? model.Name)
  return typeof key === 'string' ? key.slice(0, 64) : ''
}
