import {
  type Action,
  type BootVerb,
  bootAction,
  bootVerbs,
  defineAction,
  readActionTimeoutMs,
  readParams,
} from '@powerbus/plugin-sdk'
import { connection, detectedBiosMode } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/**
 * A UEFI machine ignores a boot device that is set without UEFI, and the other way round. Where the mode is not known, UEFI is taken,
 * and the result says so.
 */
export function bootActions(service: Service): Action[] {
  return (Object.keys(bootVerbs) as BootVerb[]).map((verb) =>
    bootAction(verb, [...connection, detectedBiosMode], async (request, context) => {
      const mode = context.params['detected-bios-mode']
      const driver = await driverFor(service, context)
      const result = await context.power.setBoot({ ...request, efi: mode !== 'legacy-bios' }, driver, context)
      return mode === undefined && !('DryRun' in result) ? { ...result, EFIAssumed: true } : result
    }),
  )
}

export function getBoot(service: Service): Action {
  return defineAction({
    name: 'getBoot',
    model: 'machines',
    description: 'Read what the machine will boot from',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => context.power.getBoot(await driverFor(service, context), context),
  })
}
