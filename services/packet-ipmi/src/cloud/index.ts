import type { Clock } from '@powerbus/plugin-sdk'
import type { Cloud, CloudAccess } from './cloud.ts'

/** Opens an account. Sends nothing. */
export type OpenCloud = (access: CloudAccess, clock: Clock) => Promise<Cloud>

/** The one cloud that this plugin knows; loaded when it is configured. A further one is a folder beside `metal`. */
export const openMetal: OpenCloud = async (access, clock) =>
  (await import('./metal/metal.ts')).metalCloud(access, clock)
