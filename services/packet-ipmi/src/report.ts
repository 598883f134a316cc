import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { MachineName } from './records/records.ts'

/** Type of the events that tell how devices come and go. */
export const EVENT_TYPE = 'packet-ipmi'

/**
 * Actions of these events. `planned`, `sending`, `waiting`, `ready`: a creation goes on. `failed`: it ended without a device for the machine. `cancelled`: the same, because the machine was deleted meanwhile. `stuck`: it (or a deletion) has not got
 * on for long, and is tried further. `deleted`: a device is gone, as the API itself said. `handed-over`: a device costs money and needs somebody to look after it.
 * `kept`: a machine was deleted, and its device stays for another machine that has it too.
 * `missing`, `found`: a machine's device is gone, or there again. `imported`: a machine was made for a device. `pruned`: a machine was deleted because its device is gone for good.
 */
export type ReportAction =
  | 'planned'
  | 'sending'
  | 'waiting'
  | 'ready'
  | 'failed'
  | 'cancelled'
  | 'stuck'
  | 'deleted'
  | 'handed-over'
  | 'kept'
  | 'missing'
  | 'found'
  | 'imported'
  | 'pruned'

export interface Report {
  readonly action: ReportAction
  /** Default: the machine's Uuid, else the device's id. */
  readonly key?: string
  readonly text: string
  readonly machine?: MachineName | undefined
  readonly deviceId?: string | undefined
}

/** Tells operators what happened: as an event, and in the log. Never rejects: what was done stays done where nobody could be told. */
export type Tell = (report: Report) => Promise<void>

const urgent: ReadonlySet<ReportAction> = new Set(['failed', 'stuck', 'handed-over', 'missing'])

export function tellBy(endpoint: Endpoint, log: Logger, plugin: string): Tell {
  return async ({ action, text, machine, deviceId, key = machine?.Uuid ?? deviceId ?? '' }) => {
    const Machine = machine && { Uuid: machine.Uuid, Name: machine.Name }
    const facts = { ...(Machine && { Machine }), ...(deviceId !== undefined && { DeviceId: deviceId }) }
    log[urgent.has(action) ? 'warn' : 'info'](`${action}: ${text}`, facts)
    try {
      await endpoint.publish({
        Type: EVENT_TYPE,
        Action: action,
        Key: key,
        Object: { ...facts, Plugin: plugin, Text: text },
      })
    } catch (error) {
      log.warn('an event could not be published', {
        action,
        key,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }
}
