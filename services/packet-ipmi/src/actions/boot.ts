import {
  type Action,
  type BootResult,
  bootAction,
  type Call,
  type DryRun,
  type PowerDriver,
  required,
} from '@powerbus/plugin-sdk'
import { toldEvents } from '../cloud/told-events.ts'
import { cloudPowerDriver, existing } from '../cloud-power-driver.ts'
import type { Means } from '../creation/means.ts'
import { uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './power-actions.ts'

const verbs = ['nextbootpxe', 'nextbootdisk'] as const

/** Result of a boot command; `Note` says how long the setting lasts. */
export interface CloudBootResult extends BootResult {
  readonly Note: string
}

/**
 * The API has no setting for the next boot, only `always_pxe` for every boot. So the action sets `always_pxe` and
 * records its former value, which the worker restores after a boot. If the value was already the wanted one, nothing is
 * restored, and the result says Persistent.
 */
export function bootActions(service: Service): Action[] {
  return verbs.map((verb) =>
    bootAction(verb, [required(uuid)], async (request, context): Promise<CloudBootResult | DryRun> => {
      const { worker, means } = service.running()
      const deviceId = deviceIdOf(context.params)
      const driver = bootDriver(means, deviceId)
      const result = await context.power.setBoot({ ...request, efi: false }, driver, context)
      if ('DryRun' in result) return result
      const once = await means.records.get('boot-once', deviceId)
      if (once) worker.wake('boot-once', deviceId)
      const Note = noteOf(request.device === 'pxe', once?.alwaysPxe)
      return { ...result, Persistent: once === undefined, Note }
    }),
  )
}

function noteOf(alwaysPxe: boolean, before: boolean | undefined): string {
  if (before === undefined) return `always_pxe was already ${alwaysPxe} and stays so for every boot`
  return `always_pxe is ${alwaysPxe} for the next boot; it is put back to ${before} 10 minutes after that boot, or after 1 day`
}

/** The record decides whether the setting is persistent; the device does not tell. */
function bootDriver(means: Means, deviceId: string): PowerDriver {
  const { cloud, records } = means
  return {
    ...cloudPowerDriver(cloud, deviceId),
    open: async () => ({
      getBoot: async (call) => {
        const { alwaysPxe = false } = await existing(cloud, deviceId, call)
        return { device: alwaysPxe ? 'pxe' : 'disk', persistent: false, efi: false, valid: true }
      },
      setBoot: async ({ device }, call) => {
        const wanted = device === 'pxe'
        const { alwaysPxe = false } = await existing(cloud, deviceId, call)
        const before = (await records.get('boot-once', deviceId))?.alwaysPxe ?? alwaysPxe
        if (before === wanted) await records.remove('boot-once', deviceId)
        else await records.put('boot-once', deviceId, await newOnce(means, deviceId, before, call))
        if (alwaysPxe !== wanted) await cloud.setBoot(deviceId, { alwaysPxe: wanted }, call)
      },
    }),
    describe: () => cloud.describe('get', deviceId),
    describeBoot: ({ device }) => `${cloud.describe('setBoot', deviceId)} {"always_pxe":${device === 'pxe'}}`,
  }
}

async function newOnce({ cloud, clock }: Means, deviceId: string, alwaysPxe: boolean, call: Call) {
  const events = await toldEvents(cloud, deviceId, call)
  const once = { deviceId, cloud: cloud.key, alwaysPxe, sinceMs: clock.dateMs() }
  return { ...once, ...(events && { events: events.map(({ id }) => id) }) }
}
