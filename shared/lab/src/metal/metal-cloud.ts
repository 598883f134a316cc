import { type MetalCounts, newCounts } from './metal-counts.ts'
import {
  billedSeconds,
  type DeviceFate,
  type DeviceOrder,
  type DeviceSettings,
  type DeviceState,
  defaultMetalTimes,
  type MetalDevice,
  type MetalTimes,
  newDevice,
  onNewCourse,
  type Step,
  stateAt,
} from './metal-device.ts'

export interface MetalProject {
  readonly id: string
  readonly name: string
}

/** What a cloud keeps when it stops. Plain JSON. */
export interface MetalCloudState {
  readonly apiKey: string
  readonly projects: readonly MetalProject[]
  readonly nextNumber: number
  /** Every device that ever was. */
  readonly devices: readonly MetalDevice[]
}

export type DeviceAction = 'power_on' | 'power_off' | 'reboot' | 'rescue'

export interface MetalCloudOptions {
  readonly state: MetalCloudState
  readonly times?: Partial<MetalTimes>
  readonly nowMs: () => number
}

/**
 * Devices, their rules and what they cost; no network. Nothing happens in the background: what a device is at a moment follows
 * from what was done to it and when, so a cloud that was killed goes on as if it had never stopped.
 */
export class MetalCloud {
  readonly counts: MetalCounts = newCounts()
  readonly #times: MetalTimes
  readonly #nowMs: () => number
  readonly #fates: DeviceFate[] = []
  readonly #devices = new Map<string, MetalDevice>()
  readonly #base: Omit<MetalCloudState, 'devices' | 'nextNumber'>
  #nextNumber: number

  constructor({ state, times, nowMs }: MetalCloudOptions) {
    const { devices, nextNumber, ...base } = state
    this.#times = { ...defaultMetalTimes, ...times }
    this.#nowMs = nowMs
    this.#base = base
    this.#nextNumber = nextNumber
    for (const device of devices) this.#devices.set(device.id, device)
  }

  /** As it would be kept now. */
  get state(): MetalCloudState {
    return { ...this.#base, nextNumber: this.#nextNumber, devices: [...this.#devices.values()] }
  }

  get projects(): readonly MetalProject[] {
    return this.#base.projects
  }

  /** Of the devices that are there, the newest first. */
  devices(projectId?: string): readonly MetalDevice[] {
    const there = [...this.#devices.values()].filter((device) => this.#isThere(device))
    return there.filter((device) => projectId === undefined || device.projectId === projectId).reverse()
  }

  device(id: string): MetalDevice | undefined {
    const device = this.#devices.get(id)
    return device && this.#isThere(device) ? device : undefined
  }

  stateOf(device: MetalDevice): DeviceState {
    return stateAt(device, this.#nowMs())
  }

  /** All that its owner has to pay for so far, in seconds of one device. */
  billedSeconds(): number {
    const nowMs = this.#nowMs()
    return [...this.#devices.values()].reduce((sum, device) => sum + billedSeconds(device, nowMs), 0)
  }

  /** What becomes of the next devices; without it, all is well. */
  destine(...fates: readonly DeviceFate[]): void {
    this.#fates.push(...fates)
  }

  create(order: Omit<DeviceOrder, 'number'>): MetalDevice {
    const fate = this.#fates.shift() ?? 'good'
    const device = newDevice({ ...order, number: this.#nextNumber++ }, fate, this.#times, this.#nowMs())
    this.#devices.set(device.id, device)
    this.counts.created++
    return device
  }

  update(device: MetalDevice, settings: Partial<DeviceSettings>): MetalDevice {
    return this.#keep({ ...device, updatedMs: this.#nowMs(), settings: { ...device.settings, ...settings } })
  }

  /** Undefined when the device goes; why it does not, in words, otherwise. */
  delete(device: MetalDevice): string | undefined {
    if (device.settings.locked) return 'Device is locked'
    if (this.stateOf(device) === 'deprovisioning') return 'Device is being deleted already'
    const nowMs = this.#nowMs()
    const steps: Step[] = [
      { state: 'deprovisioning', fromMs: nowMs },
      { state: 'deleted', fromMs: nowMs + this.#times.deprovisionMs },
    ]
    this.#keep({ ...onNewCourse(device, nowMs, steps), deletedAtMs: nowMs })
    this.counts.deleted++
    return undefined
  }

  /** Gone at once and with no call, as where somebody else deletes it. */
  remove(device: MetalDevice): void {
    const nowMs = this.#nowMs()
    this.#keep({ ...onNewCourse(device, nowMs, [{ state: 'deleted', fromMs: nowMs }]), deletedAtMs: nowMs })
  }

  /** Undefined when it was accepted; why it was not, in words, otherwise. */
  act(device: MetalDevice, action: DeviceAction): string | undefined {
    const state = this.stateOf(device)
    if (state !== (action === 'power_on' ? 'inactive' : 'active')) return `Device cannot ${action} while it is ${state}`
    const nowMs = this.#nowMs()
    const off: Step = { state: 'powering_off', fromMs: nowMs }
    if (action === 'power_off') {
      const inactive: Step = { state: 'inactive', fromMs: nowMs + this.#times.powerOffMs }
      this.#keep(onNewCourse(device, nowMs, [off, inactive]))
      return undefined
    }
    const risesAtMs = nowMs + (action === 'power_on' ? 0 : this.#times.powerOffMs)
    const atMs = risesAtMs + this.#times.powerOnMs
    const on: Step[] = [
      { state: 'powering_on', fromMs: risesAtMs },
      { state: 'active', fromMs: atMs },
    ]
    const changed = onNewCourse(device, nowMs, action === 'power_on' ? on : [off, ...on])
    const from = action === 'rescue' ? 'rescue' : bootsFrom(device)
    this.#keep({ ...changed, boots: [...changed.boots, { atMs, from }] })
    return undefined
  }

  #isThere(device: MetalDevice): boolean {
    return this.stateOf(device) !== 'deleted'
  }

  #keep(device: MetalDevice): MetalDevice {
    this.#devices.set(device.id, device)
    return device
  }
}

/** Only a device with the operating system custom_ipxe boots from the network again. */
function bootsFrom({ operatingSystem, settings }: MetalDevice): 'pxe' | 'disk' {
  return operatingSystem === 'custom_ipxe' && settings.always_pxe ? 'pxe' : 'disk'
}
