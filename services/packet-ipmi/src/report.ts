import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { MachineName } from './records/records.ts'

/** Type of the plugin's events. */
const EVENT_TYPE = 'packet-ipmi'

/**
 * Actions of these events. `planned`, `sending`, `waiting`, `ready`: steps of a creation. `failed`: it ended without a
 * device for the machine. `cancelled`: it ended because the machine was deleted. `stuck`: a creation, deletion or boot
 * setting makes no progress and is retried. `deleted`: the API itself said that a device is gone. `handed-over`: a
 * device costs money and an operator must check it. `kept`: the device of a deleted machine stays, since another
 * machine has it too. `missing`, `found`: a machine's device is gone, or there again. `imported`: a machine was made
 * for a device. `pruned`: a machine was deleted because its device is gone for good.
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

/** Logs and publishes a report to operators. Never rejects: a failed publish does not undo the work. */
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
