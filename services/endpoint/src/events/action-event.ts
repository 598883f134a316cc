import { type DrpError, isJsonObject, type JsonObject } from '@powerbus/drp'
import { type ActionPhase, actionEventId, actionEventKey } from '@powerbus/plugin-sdk'
import { errorReply } from '../server/error-reply.ts'
import type { NewEvent } from './new-event.ts'

/** Events leave out longer results; characters of JSON. */
const RESULT_LENGTH_MAX = 64 * 1024

/** One action that the endpoint sent to a plugin. */
export interface SentAction {
  /** Unique for each action; part of the ids of its events. */
  readonly id: string
  /** `machines`, `plugins`, `profiles`; empty for a system action. */
  readonly kind: string
  readonly object: JsonObject
  readonly plugin: string
  readonly provider: string
  readonly command: string
  readonly requestId: string
  readonly principal: string
  /** Params that the plugin got. Events show none of them except the driver's name. */
  readonly params: JsonObject
}

/**
 * `Object` of an action's events `KIND.COMMAND.KEY`. KEY is the Uuid of a machine and the Name of other objects. For a
 * system action KIND is `system` and KEY is the plugin's name.
 */
export interface ActionEventObject {
  /** `start`: sent to the plugin. `end`: has Result. `error`: has Error. */
  readonly Phase: ActionPhase
  /** The action's object of any kind; only machines have a Uuid. Absent for a system action. */
  readonly Machine?: { readonly Uuid?: string; readonly Name: string }
  readonly Plugin: string
  readonly Command: string
  readonly RequestId: string
  readonly Principal: string
  /** The plugin's answer; absent above 64 Ki characters of JSON. */
  readonly Result?: unknown
  readonly Error?: DrpError
  /** From the request to the answer, in whole milliseconds. */
  readonly DurationMs?: number
  /** Attempts of the driver, where the result has them. */
  readonly Attempts?: number
  /** `Driver` of the result, else the param `PROVIDER/mode`. */
  readonly Driver?: string
}

export function actionStarted(run: SentAction): NewEvent {
  return actionEvent(run, { Phase: 'start' })
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
  })
}

export function actionFailed(run: SentAction, error: unknown, durationMs: number): NewEvent {
  const { body } = errorReply(error, `/api/v3/${run.kind}/${keyOf(run)}`, run.requestId)
  return actionEvent(run, { Phase: 'error', Error: body, DurationMs: Math.round(durationMs) })
}

function actionEvent(
  run: SentAction,
  outcome: Pick<ActionEventObject, 'Phase' | 'Result' | 'Error' | 'DurationMs' | 'Attempts'>,
): NewEvent {
  const { id, kind, object, plugin, command, requestId, principal } = run
  const found: ActionEventObject = {
    ...outcome,
    ...(kind !== '' && { Machine: machineOf(object) }),
    Plugin: plugin,
    Command: command,
    RequestId: requestId,
    Principal: principal,
    ...driverOf(run, outcome.Result),
  }
  const key = keyOf(run)
  // A served plugin publishes the action's events too, with the same ids, so the bus keeps one of each.
  const Id = actionEventId({ id, plugin: run.provider, command, key }, outcome.Phase)
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
