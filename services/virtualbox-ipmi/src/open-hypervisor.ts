import { resolve } from 'node:path'
import type { OpenHypervisor } from './service.ts'

/** In the plugin's working directory. */
const FILE_FOLDER = 'vms'

/** The hypervisor that the params name; each is loaded when it is needed. */
export const openHypervisor: OpenHypervisor = async ({ backend, user, vmPath, command }) => {
  if (backend === 'file') {
    const { openFileHypervisor } = await import('./hypervisor/file/file-hypervisor.ts')
    return await openFileHypervisor({ folder: resolve(vmPath || FILE_FOLDER) })
  }
  const { openVirtualBox } = await import('./hypervisor/virtualbox/virtualbox.ts')
  return openVirtualBox({ user, ...(command && { command }), ...(vmPath && { folder: vmPath }) })
}
