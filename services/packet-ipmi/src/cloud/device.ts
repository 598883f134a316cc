/**
 * State of a device. `starting` and `stopping` end in `on` and `off`. `building`: being made or reinstalled. `failed`:
 * it will not become usable by itself. `deleting`: it still exists. `unknown`: a state word that the driver does not
 * know.
 */
export type DeviceState = 'building' | 'on' | 'off' | 'starting' | 'stopping' | 'failed' | 'deleting' | 'unknown'

/** One machine in a cloud. Facts that the cloud does not give (yet) are absent or empty. */
export interface Device {
  readonly id: string
  readonly hostname: string
  readonly state: DeviceState
  /** The cloud's own word for the state. */
  readonly stateWord: string
  readonly tags: readonly string[]
  readonly plan?: string
  readonly facility?: string
  readonly metro?: string
  readonly projectId?: string
  /** `USER@HOST` of the serial console over SSH. */
  readonly console?: string
  readonly alwaysPxe?: boolean
  readonly ipxeScriptUrl?: string
  /** The public IPv4 address by which the device is managed. */
  readonly address?: string
  /** MACs of the network ports in their order, in lower case with colons, without duplicates. */
  readonly macs: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdAtMs?: number
}

/** Order of a new device. */
export interface DeviceSpec {
  readonly projectId: string
  readonly hostname: string
  readonly plan: string
  readonly facility: string
  /** Sent in place of the facility if set. */
  readonly metro?: string
  readonly ipxeScriptUrl: string
  readonly alwaysPxe: boolean
}
