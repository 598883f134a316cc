import { resolve } from 'node:path'
import type { OpenHypervisor } from './service.ts'

/** Default folder of the file backend, in the plugin's working directory. */
const FILE_FOLDER = 'vms'

/** The backend that the params name, loaded on demand. */
export const openHypervisor: OpenHypervisor = async ({ backend, user, vmPath, command }) => {
  if (backend === 'file') {
    const { openFileHypervisor } = await import('./hypervisor/file/file-hypervisor.ts')
    return await openFileHypervisor({ folder: resolve(vmPath || FILE_FOLDER) })
  }
  const { openVirtualBox } = await import('./hypervisor/virtualbox/virtualbox.ts')
  return openVirtualBox({ user, ...(command && { command }), ...(vmPath && { folder: vmPath }) })
}
