import {
  type Action,
  bootAction,
  defineAction,
  deviceBootVerbs,
  readActionTimeoutMs,
  readParams,
  required,
} from '@powerbus/plugin-sdk'
import { connection, detectedBiosMode } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** A UEFI machine ignores boot flags without the UEFI bit, and the other way round: so the mode must be known. */
export function bootActions(service: Service): Action[] {
  return deviceBootVerbs.map((verb) =>
    bootAction(verb, [...connection, required(detectedBiosMode)], async (request, context) => {
      const efi = context.params['detected-bios-mode'] === 'uefi'
      return context.power.setBoot({ ...request, efi }, await driverFor(service, context.params), context)
    }),
  )
}

/** The setup program is entered in either mode, so the mode may be unknown. */
export function nextBootBios(service: Service): Action {
  return bootAction('nextbootbios', [...connection, detectedBiosMode], async (request, context) => {
    const efi = context.params['detected-bios-mode'] === 'uefi'
    return context.power.setBoot({ ...request, efi }, await driverFor(service, context.params), context)
  })
}

export function getBoot(service: Service): Action {
  return defineAction({
    name: 'getBoot',
    model: 'machines',
    description: 'Read what the machine will boot from',
    params: [...connection, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => context.power.getBoot(await driverFor(service, context.params), context),
  })
}
