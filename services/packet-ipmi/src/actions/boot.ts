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
import { deviceIdOf } from './machine-power.ts'

const verbs = ['nextbootpxe', 'nextbootdisk'] as const

/** The result of a boot command, and what it means with this API. */
export interface CloudBootResult extends BootResult {
  readonly Note: string
}

/**
 * The API knows no "next boot": only whether every boot loads the iPXE script (`always_pxe`). So that is set, written down as something to put back, and put back
 * when a boot has been seen. Where it was so before, nothing is put back, and the result says Persistent.
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
  if (before === undefined) return `always_pxe was ${alwaysPxe} already, and stays so for every boot`
  return `always_pxe is ${alwaysPxe} for the next boot, and is put back to ${before} ten minutes after that boot was seen, or after a day`
}

/** Whether the setting lasts is said by what is written down, and not by the device. */
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
