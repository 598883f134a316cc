import { randomUUID } from 'node:crypto'

/** States of a device in the last public description of the Metal API; `reinstalling` is not emulated. */
export type DeviceState =
  | 'queued'
  | 'provisioning'
  | 'active'
  | 'inactive'
  | 'failed'
  | 'powering_on'
  | 'powering_off'
  | 'deprovisioning'
  | 'deleted'

/** Durations of the cloud's steps, in milliseconds. */
export interface MetalTimes {
  readonly queuedMs: number
  /** From `provisioning` to `active`. */
  readonly provisioningMs: number
  /** From creation until the device has its IP addresses. */
  readonly addressesMs: number
  /** From creation until the device has its network ports, and with them its MAC addresses. */
  readonly portsMs: number
  readonly powerOnMs: number
  readonly powerOffMs: number
  /** From deletion until the device is gone. */
  readonly deprovisionMs: number
}

export const defaultMetalTimes: MetalTimes = {
  queuedMs: 1000,
  provisioningMs: 9000,
  addressesMs: 3000,
  portsMs: 6000,
  powerOnMs: 3000,
  powerOffMs: 2000,
  deprovisionMs: 3000,
}

/** Settings of a device that its owner can give on creation and change later. Names are the API's. */
export interface DeviceSettings {
  readonly hostname: string
  readonly description: string
  readonly tags: readonly string[]
  readonly always_pxe: boolean
  readonly ipxe_script_url: string
  readonly billing_cycle: string
  readonly customdata: Readonly<Record<string, unknown>>
  readonly userdata: string
  readonly locked: boolean
  readonly network_frozen: boolean
  readonly spot_instance: boolean
  readonly firmware_set_id?: string
}

/** Settings of a device whose order names none. */
export const defaultSettings: DeviceSettings = {
  hostname: 'unnamed',
  description: '',
  tags: [],
  always_pxe: false,
  ipxe_script_url: '',
  billing_cycle: 'hourly',
  customdata: {},
  userdata: '',
  locked: false,
  network_frozen: false,
  spot_instance: false,
}

/** A stored device: plain JSON, times in milliseconds since 1970. Its state at a moment follows from them. */
export interface MetalDevice {
  readonly id: string
  readonly projectId: string
  /** Running number, from which the addresses are derived. */
  readonly number: number
  readonly plan: string
  readonly facility: string
  readonly metro: string
  readonly operatingSystem: string
  readonly settings: DeviceSettings
  readonly createdMs: number
  readonly updatedMs: number
  /** When the device gets its addresses; absent: never. */
  readonly addressesAtMs?: number
  /** When the device gets its network ports; absent: never. */
  readonly portsAtMs?: number
  /** It has an elastic address too, which its list of addresses begins with. */
  readonly isElastic?: boolean
  /**
   * When it is moved out of its project, as a device that failed to provision is; absent: never. From then on lists lack
   * it, and requests for it are refused.
   */
  readonly movedAtMs?: number
  /** When billing ends; absent: it continues. */
  readonly deletedAtMs?: number
  /** Past and future states in order; the first begins at creation. */
  readonly course: readonly Step[]
  readonly boots: readonly Boot[]
}

export interface Step {
  readonly state: DeviceState
  readonly fromMs: number
}

export interface Boot {
  readonly atMs: number
  readonly from: 'pxe' | 'disk' | 'rescue'
}

export type DeviceOrder = Pick<
  MetalDevice,
  'projectId' | 'number' | 'plan' | 'facility' | 'metro' | 'operatingSystem' | 'settings'
>

export function newDevice(order: DeviceOrder, times: MetalTimes, nowMs: number): MetalDevice {
  const provisioned = nowMs + times.queuedMs + times.provisioningMs
  return {
    ...order,
    id: randomUUID(),
    createdMs: nowMs,
    updatedMs: nowMs,
    addressesAtMs: nowMs + times.addressesMs,
    portsAtMs: nowMs + times.portsMs,
    course: [
      { state: 'queued', fromMs: nowMs },
      { state: 'provisioning', fromMs: nowMs + times.queuedMs },
      { state: 'active', fromMs: provisioned },
    ],
    // The disks of a new machine are empty, so it boots from the network with any setting.
    boots: [{ atMs: provisioned, from: 'pxe' }],
  }
}

export function stateAt(device: MetalDevice, nowMs: number): DeviceState {
  return device.course.findLast(({ fromMs }) => fromMs <= nowMs)?.state ?? 'queued'
}

/** The device with a new course from `nowMs` on; its future states and boots are dropped. */
export function onNewCourse(device: MetalDevice, nowMs: number, steps: readonly Step[]): MetalDevice {
  return {
    ...device,
    updatedMs: nowMs,
    course: [...device.course.filter(({ fromMs }) => fromMs <= nowMs), ...steps],
    boots: device.boots.filter(({ atMs }) => atMs <= nowMs),
  }
}
