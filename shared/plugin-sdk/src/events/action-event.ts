import { type DrpError, type DrpEvent, isJsonObject, type JsonObject } from '@powerbus/drp'
import type { ActionObserver, ActionRun } from '../host/action-observer.ts'
import { failureOf } from '../host/failure.ts'
import { type ActionPhase, actionEventId, actionEventKey, isSystem } from './action-identity.ts'
import type { EventReporter } from './event-reporter.ts'

/** A longer result is left out of the event, in characters of JSON. */
const RESULT_LENGTH_MAX = 64 * 1024

/** `Object` of an action's event. */
export interface ActionEventObject {
  /** `start`: accepted. `end`: has Result. `error`: has Error. */
  readonly Phase: ActionPhase
  /** The action's object of any kind; only machines have a Uuid. Absent for a system action. */
  readonly Machine?: { readonly Uuid?: string; readonly Name: string }
  readonly Plugin: string
  readonly Command: string
  /** Prefix of the object, or `system`. */
  readonly CommandSet: string
  readonly RequestId: string
  readonly Principal: string
  /** Absent above 64 Ki characters of JSON. */
  readonly Result?: unknown
  readonly Error?: DrpError
  /** In whole milliseconds. */
  readonly DurationMs?: number
  /** Attempts of the driver, where the result has them. */
  readonly Attempts?: number
  /** `Driver` of the result, else the param `PROVIDER/mode`. */
  readonly Driver?: string
}

/** How an action ended, as its event tells it. */
export type ActionOutcome = { readonly durationMs: number } & (
  | { readonly result: unknown; readonly error?: never }
  | { readonly error: DrpError; readonly result?: never }
)

/**
 * The event `KIND.COMMAND.KEY` of an action: of its start, or of the outcome. KEY is the Uuid of a machine and the Name
 * of other objects. For a system action KIND is `system` and KEY is `global`. The endpoint that passed an
 * action on and the plugin that ran it make events of one id, so that the bus keeps one of each.
 */
export function actionEvent(run: ActionRun, outcome?: ActionOutcome): DrpEvent & { readonly Id: string } {
  const { id, plugin, name, command, kind, model, requestId, driver } = run
  const key = actionEventKey(kind, model)
  const principal = run.principal || `plugin:${plugin}`
  const phase = outcome === undefined ? 'start' : outcome.error ? 'error' : 'end'
  const object: ActionEventObject = {
    Phase: phase,
    ...(!isSystem(kind) && { Machine: machineOf(model) }),
    Plugin: name,
    Command: command,
    CommandSet: kind || 'system',
    RequestId: requestId,
    Principal: principal,
    ...(driver !== '' && { Driver: driver }),
    ...(outcome && endOf(outcome)),
  }
  return {
    Id: actionEventId({ id, plugin, command, key }, phase),
    Time: new Date().toISOString(),
    Type: kind || 'system',
    Action: command,
    Key: key,
    Principal: principal,
    Object: object,
    Original: null,
  }
}

/** Publishes the start and the end of every action. */
export function actionEvents(outbox: EventReporter): ActionObserver {
  return {
    begin(run) {
      const publish = (outcome?: ActionOutcome) => {
        const { Id, ...event } = actionEvent(run, outcome)
        outbox.publish({ id: Id, ...event }, { requestId: run.requestId, deferSync: outcome === undefined })
      }
      publish()
      return ({ durationMs, result, error }) =>
        publish(error ? { durationMs, error: failureOf(run.name, error) } : { durationMs, result })
    },
  }
}

function endOf({ durationMs, result, error }: ActionOutcome): Partial<ActionEventObject> {
  const DurationMs = Math.round(durationMs)
  if (error) return { Error: error, DurationMs }
  const isShown = (JSON.stringify(result) ?? '').length <= RESULT_LENGTH_MAX
  const { Attempts, Driver } = isJsonObject(result) ? result : {}
  return {
    ...(isShown && { Result: result ?? null }),
    DurationMs,
    ...(typeof Attempts === 'number' && { Attempts }),
    ...(typeof Driver === 'string' && { Driver }),
  }
}

function machineOf({ Uuid, Name }: JsonObject): { Uuid?: string; Name: string } {
  return { ...(typeof Uuid === 'string' && { Uuid }), Name: typeof Name === 'string' ? Name : '' }
}
