/**
 * What a device is doing. `starting` and `stopping` are on their way to `on` and `off`; `building` is being made or made anew; `failed` will not
 * come to anything by itself; `deleting` is on its way out, and still there. `unknown` is a word that the driver has never heard.
 */
export type DeviceState = 'building' | 'on' | 'off' | 'starting' | 'stopping' | 'failed' | 'deleting' | 'unknown'

/** One machine in a cloud, as the cloud tells it now. What it does not tell (yet) is absent or empty. */
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
  /** The first public IPv4 address. */
  readonly address?: string
  /** MACs of the network ports in their order, lower case with colons, each once. */
  readonly macs: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdAtMs?: number
}

/** What a new device shall be. */
export interface DeviceSpec {
  readonly projectId: string
  readonly hostname: string
  readonly plan: string
  readonly facility: string
  /** Sent in place of the facility where it is set. */
  readonly metro?: string
  readonly ipxeScriptUrl: string
  readonly alwaysPxe: boolean
}
