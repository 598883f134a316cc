import type { BusEvent } from '@powerbus/bus'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { ActionEnd, ActionObserver, ActionRun } from '../host/action-observer.ts'
import { failureOf } from '../host/failure.ts'
import { type ActionPhase, actionEventId, actionEventKey } from './action-identity.ts'
import type { EventReporter } from './event-reporter.ts'

/** A longer result is left out of the event, in characters of JSON. */
const RESULT_LENGTH_MAX = 64 * 1024

/** Tells the bus of every action: `KIND.COMMAND.KEY`, of the shape that the endpoint's have. */
export function actionEvents(outbox: EventReporter): ActionObserver {
  const tell = (run: ActionRun, phase: ActionPhase, more: JsonObject) =>
    outbox.publish(actionEvent(run, phase, more), { requestId: run.requestId, deferSync: phase === 'start' })
  return {
    begin(run) {
      tell(run, 'start', {})
      return (end) => tell(run, end.error ? 'error' : 'end', endOf(run, end))
    },
  }
}

function actionEvent(run: ActionRun, phase: ActionPhase, more: JsonObject): BusEvent {
  const { id, plugin, name, command, kind, model, requestId, driver } = run
  const key = actionEventKey(kind, model, name)
  const principal = run.principal || `plugin:${plugin}`
  return {
    id: actionEventId({ id, plugin, command, key }, phase),
    Time: new Date().toISOString(),
    Type: kind || 'system',
    Action: command,
    Key: key,
    Principal: principal,
    Object: {
      Phase: phase,
      ...(kind !== '' && { Machine: machineOf(model) }),
      Plugin: name,
      Command: command,
      RequestId: requestId,
      Principal: principal,
      ...(driver !== '' && { Driver: driver }),
      ...more,
    },
    Original: null,
  }
}

function endOf({ name }: ActionRun, { durationMs, result, error }: ActionEnd): JsonObject {
  const DurationMs = Math.round(durationMs)
  if (error) return { Error: failureOf(name, error), DurationMs }
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
