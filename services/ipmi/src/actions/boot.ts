import {
  type Action,
  type ActionContext,
  type BootVerb,
  bootActionTimeoutMs,
  bootVerbs,
  defineAction,
  deviceBootVerbs,
  type ParamValues,
  type PowerContext,
  powerParams,
  readActionTimeoutMs,
  readParams,
  required,
} from '@powerbus/plugin-sdk'
import { connection, detectedBiosMode } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** A UEFI machine ignores boot flags without the UEFI bit, and the other way round: so the mode must be known. */
export function bootActions(service: Service): Action[] {
  return deviceBootVerbs.map((verb) =>
    defineAction({
      name: verb,
      model: 'machines',
      description: bootVerbs[verb].description,
      params: [...connection, required(detectedBiosMode), ...powerParams],
      timeoutMs: bootActionTimeoutMs,
      run: (context) => setBoot(service, verb, context),
    }),
  )
}

/** The setup program is entered in either mode, so the mode may be unknown. */
export function nextBootBios(service: Service): Action {
  return defineAction({
    name: 'nextbootbios',
    model: 'machines',
    description: bootVerbs.nextbootbios.description,
    params: [...connection, detectedBiosMode, ...powerParams],
    timeoutMs: bootActionTimeoutMs,
    run: (context) => setBoot(service, 'nextbootbios', context),
  })
}

interface BootContext extends PowerContext, Pick<ActionContext, 'power'> {
  readonly params: PowerContext['params'] &
    ParamValues<typeof connection> & { readonly 'detected-bios-mode'?: 'uefi' | 'legacy-bios' }
}

async function setBoot(service: Service, verb: BootVerb, context: BootContext) {
  const { device, persistent } = bootVerbs[verb]
  const efi = context.params['detected-bios-mode'] === 'uefi'
  return context.power.setBoot({ device, persistent, efi }, await driverFor(service, context.params), context)
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
