import { type Action, required } from '@powerbus/plugin-sdk'
import { virtualMediaBoot, virtualMediaUrl } from '../mode-params.ts'
import { detectedBiosMode } from '../params.ts'
import { bmcAction } from './bmc-action.ts'
import type { Service } from './service.ts'

/** Taking out what is there, waiting for the BMC to notice, putting in, and reading back. */
const MOUNT_MS = 120_000

export function mediaActions(service: Service): Action[] {
  return [mountVirtualMedia(service), unmountVirtualMedia(service), statusVirtualMedia(service)]
}

/** Result: MediaResult of @powerbus/bmc-drivers. */
function mountVirtualMedia(service: Service): Action {
  return bmcAction(service, {
    name: 'mountVirtualMedia',
    description: 'Put an image into a virtual CD or DVD drive of the machine',
    needs: 'mountMedia',
    params: [required(virtualMediaUrl), required(virtualMediaBoot), detectedBiosMode],
    changes: true,
    budgetMs: MOUNT_MS,
    run: async (bmc, call, params) => {
      const efi = params['detected-bios-mode'] !== 'legacy-bios'
      const boot = params['ipmi/virtual-media-boot']
      return bmc.mountMedia?.({ url: params['ipmi/virtual-media-url'], boot, efi }, call)
    },
  })
}

/** Result: `{"Ejected": [...]}`, the slots that had an image. */
function unmountVirtualMedia(service: Service): Action {
  return bmcAction(service, {
    name: 'unmountVirtualMedia',
    description: 'Take the images out of all virtual drives of the machine',
    needs: 'unmountMedia',
    changes: true,
    budgetMs: MOUNT_MS,
    run: async (bmc, call) => ({ Ejected: await bmc.unmountMedia?.(call) }),
  })
}

/** Result: `{"Slots": [...]}`, each a MediaSlot of @powerbus/bmc-drivers. */
function statusVirtualMedia(service: Service): Action {
  return bmcAction(service, {
    name: 'statusVirtualMedia',
    description: 'Read what is in the virtual drives of the machine',
    needs: 'mediaStatus',
    run: async (bmc, call) => ({ Slots: await bmc.mediaStatus?.(call) }),
  })
}
