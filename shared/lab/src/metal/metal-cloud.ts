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

/** State of a cloud that survives a stop. Plain JSON. */
export interface MetalCloudState {
  readonly apiKey: string
  readonly projects: readonly MetalProject[]
  readonly nextNumber: number
  /** All devices, deleted ones included. */
  readonly devices: readonly MetalDevice[]
}

export type DeviceAction = 'power_on' | 'power_off' | 'reboot' | 'rescue'

export interface MetalCloudOptions {
  readonly state: MetalCloudState
  readonly times?: Partial<MetalTimes>
  readonly nowMs: () => number
}

/**
 * Devices with their rules and costs, without a network. It has no timers: the state of a device follows from its
 * course and the clock. So a cloud that was killed continues as if it had never stopped.
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

  /** The state to store. */
  get state(): MetalCloudState {
    return { ...this.#base, nextNumber: this.#nextNumber, devices: [...this.#devices.values()] }
  }

  get projects(): readonly MetalProject[] {
    return this.#base.projects
  }

  /** Existing devices, newest first. */
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

  /** Billed seconds, summed over all devices, deleted ones included. */
  billedSeconds(): number {
    const nowMs = this.#nowMs()
    return [...this.#devices.values()].reduce((sum, device) => sum + billedSeconds(device, nowMs), 0)
  }

  /** Sets the fates of the next created devices; default `good`. */
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

  /** Starts to delete a device. Returns undefined if accepted, else the reason of the refusal. */
  delete(device: MetalDevice): string | undefined {
    if (device.settings.locked) return 'Device is locked'
    if (this.stateOf(device) === 'deprovisioning') return 'Device is already being deleted'
    const nowMs = this.#nowMs()
    const steps: Step[] = [
      { state: 'deprovisioning', fromMs: nowMs },
      { state: 'deleted', fromMs: nowMs + this.#times.deprovisionMs },
    ]
    this.#keep({ ...onNewCourse(device, nowMs, steps), deletedAtMs: nowMs })
    this.counts.deleted++
    return undefined
  }

  /** Removes a device at once, as if another client had deleted it. */
  remove(device: MetalDevice): void {
    const nowMs = this.#nowMs()
    this.#keep({ ...onNewCourse(device, nowMs, [{ state: 'deleted', fromMs: nowMs }]), deletedAtMs: nowMs })
  }

  /** Starts an action. Returns undefined if accepted, else the reason of the refusal. */
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

/** Only a device with the operating system custom_ipxe boots from the network after its first boot. */
function bootsFrom({ operatingSystem, settings }: MetalDevice): 'pxe' | 'disk' {
  return operatingSystem === 'custom_ipxe' && settings.always_pxe ? 'pxe' : 'disk'
}
