import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { MachineName } from './records/records.ts'

/** Type of the plugin's events. */
const EVENT_TYPE = 'packet-ipmi'

/**
 * Actions of these events, with the level of their log line. `planned`, `sending`, `waiting`, `ready`: steps of a
 * creation. `failed`: it ended without a device for the machine. `cancelled`: it ended because the machine was deleted.
 * `stuck`: a creation, deletion or boot setting makes no progress and is retried. `deleted`: the API itself said that a
 * device is gone. `handed-over`: a device costs money and an operator must check it. `kept`: the device of a deleted
 * machine stays, since another machine has it too. `missing`, `found`: a machine's device is gone, or there again.
 * `imported`: a machine was made for a device. `pruned`: a machine was deleted because its device is gone for good.
 */
const levels = {
  planned: 'info',
  sending: 'info',
  waiting: 'info',
  ready: 'info',
  failed: 'warn',
  cancelled: 'info',
  stuck: 'warn',
  deleted: 'info',
  'handed-over': 'warn',
  kept: 'info',
  missing: 'warn',
  found: 'info',
  imported: 'info',
  pruned: 'info',
} as const satisfies Record<string, keyof Logger>

export type ReportAction = keyof typeof levels

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

export function tellBy(endpoint: Endpoint, log: Logger, plugin: string): Tell {
  return async ({ action, text, machine, deviceId, key = machine?.Uuid ?? deviceId ?? '' }) => {
    const Machine = machine && { Uuid: machine.Uuid, Name: machine.Name }
    const facts = { ...(Machine && { Machine }), ...(deviceId !== undefined && { DeviceId: deviceId }) }
    log[levels[action]](`${action}: ${text}`, facts)
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
