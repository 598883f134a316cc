import { type Action, defineAction, readActionTimeoutMs, readParams, required } from '@powerbus/plugin-sdk'
import type { BootSettings } from '../cloud/cloud.ts'
import { cloudPowerDriver, existing } from '../cloud-power-driver.ts'
import { alwaysPxe, ipxeScriptUrl, uuid } from '../params.ts'
import type { Service } from '../service.ts'
import { deviceIdOf } from './power-actions.ts'

export interface UpdatePxeResult {
  readonly IpxeScriptUrl: string
  readonly AlwaysPxe: boolean
  readonly Changed: boolean
  /** Both values were read back as asked. */
  readonly Verified: boolean
}

/** Sets the boot of every start from now on. A former value that was still to be restored is forgotten. */
export function updatePxeAction(service: Service): Action {
  return defineAction({
    name: 'updatepxe',
    model: 'machines',
    description: 'Set the iPXE script that the device loads, and whether it loads it at every boot',
    params: [required(uuid), ipxeScriptUrl, alwaysPxe, ...readParams],
    timeoutMs: readActionTimeoutMs,
    run: async (context) => {
      const { means } = service.running()
      const { cloud, records } = means
      const deviceId = deviceIdOf(context.params)
      const url = context.params['packet/ipxe-script-url'] ?? means.ipxeScriptUrl
      const settings: BootSettings = {
        alwaysPxe: context.params['packet/always-pxe'],
        ...(url !== '' && { ipxeScriptUrl: url }),
      }
      const sends = [`${cloud.describe('setBoot', deviceId)} ${JSON.stringify(settings)}`]
      return context.power.other(
        {
          sends,
          run: async (_, call): Promise<UpdatePxeResult> => {
            const before = await existing(cloud, deviceId, call)
            await records.remove('boot-once', deviceId)
            const isAsked = (device: BootSettings) =>
              Object.entries(settings).every(([name, value]) => device[name as keyof BootSettings] === value)
            if (!isAsked(before)) await cloud.setBoot(deviceId, settings, call)
            const after = await existing(cloud, deviceId, call)
            return {
              IpxeScriptUrl: after.ipxeScriptUrl ?? '',
              AlwaysPxe: after.alwaysPxe ?? false,
              Changed: !isAsked(before),
              Verified: isAsked(after),
            }
          },
        },
        cloudPowerDriver(cloud, deviceId),
        context,
      )
    },
  })
}
