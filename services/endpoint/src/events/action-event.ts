import { type DrpError, isJsonObject, type JsonObject } from '@powerbus/drp'
import { type ActionPhase, actionEventId, actionEventKey } from '@powerbus/plugin-sdk'
import { errorReply } from '../server/error-reply.ts'
import type { NewEvent } from './new-event.ts'

/** A longer result is left out of the event, in characters of JSON. */
const RESULT_LENGTH_MAX = 64 * 1024

/** One action that was handed to a plugin. */
export interface SentAction {
  /** Tells it from every other action: the param `power/request-id`. */
  readonly id: string
  /** `machines`, `plugins`, `profiles`; empty for a system action. */
  readonly kind: string
  readonly object: JsonObject
  readonly plugin: string
  readonly provider: string
  readonly command: string
  readonly requestId: string
  readonly principal: string
  /** What the plugin got: none of it goes into an event but the name of the driver. */
  readonly params: JsonObject
}

/**
 * `Object` of the events `KIND.COMMAND.KEY` of an action. KIND is `system` and KEY the plugin's name for a system action;
 * for machines KEY is the Uuid, for others the Name.
 */
export interface ActionEventObject {
  /** `start`: handed to the plugin. `end`: with Result. `error`: with Error. */
  readonly Phase: ActionPhase
  /** The object it is for, whatever its kind; only for machines with a Uuid. Absent for a system action. */
  readonly Machine?: { readonly Uuid?: string; readonly Name: string }
  readonly Plugin: string
  readonly Command: string
  readonly RequestId: string
  readonly Principal: string
  /** What the plugin answered, up to 64 KiB as JSON. */
  readonly Result?: unknown
  readonly Error?: DrpError
  /** From handing over to the answer, in whole milliseconds. */
  readonly DurationMs?: number
  /** How often the driver tried, where the result says so. */
  readonly Attempts?: number
  /** The result's own word, or else the param `PROVIDER/mode`. */
  readonly Driver?: string
}

export function actionStarted(run: SentAction): NewEvent {
  return actionEvent(run, { Phase: 'start', ...driverOf(run, undefined) })
}

/** `result` is JSON text. */
export function actionEnded(run: SentAction, result: string, durationMs: number): NewEvent {
  const value: unknown = result.length > RESULT_LENGTH_MAX ? undefined : JSON.parse(result)
  const attempts = isJsonObject(value) ? value.Attempts : undefined
  return actionEvent(run, {
    Phase: 'end',
    ...(value !== undefined && { Result: value }),
    DurationMs: Math.round(durationMs),
    ...(typeof attempts === 'number' && { Attempts: attempts }),
    ...driverOf(run, value),
  })
}

export function actionFailed(run: SentAction, error: unknown, durationMs: number): NewEvent {
  const { body } = errorReply(error, `/api/v3/${run.kind}/${keyOf(run)}`, run.requestId)
  return actionEvent(run, {
    Phase: 'error',
    Error: body,
    DurationMs: Math.round(durationMs),
    ...driverOf(run, undefined),
  })
}

type Outcome = Omit<ActionEventObject, 'Machine' | 'Plugin' | 'Command' | 'RequestId' | 'Principal'>

function actionEvent(run: SentAction, outcome: Outcome): NewEvent {
  const { id, kind, object, plugin, command, requestId, principal } = run
  const { Phase, ...rest } = outcome
  const found: ActionEventObject = {
    Phase,
    ...(kind !== '' && { Machine: machineOf(object) }),
    Plugin: plugin,
    Command: command,
    RequestId: requestId,
    Principal: principal,
    ...rest,
  }
  const key = keyOf(run)
  // A served plugin tells of the action too, under the same id: on the bus the two are one.
  const Id = actionEventId({ id, plugin: run.provider, command, key }, Phase)
  return { Type: kind || 'system', Action: command, Key: key, Principal: principal, Object: found, Id }
}

function machineOf({ Uuid, Name }: JsonObject): { Uuid?: string; Name: string } {
  return { ...(typeof Uuid === 'string' && { Uuid }), Name: typeof Name === 'string' ? Name : '' }
}

function keyOf({ kind, object, plugin }: SentAction): string {
  return actionEventKey(kind, object, plugin)
}

function driverOf({ provider, params }: SentAction, result: unknown): { Driver?: string } {
  const said = isJsonObject(result) ? result.Driver : undefined
  const driver = said ?? params[`${provider}/mode`]
  return typeof driver === 'string' ? { Driver: driver } : {}
}
