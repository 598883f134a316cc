import { randomBytes, randomUUID } from 'node:crypto'
import {
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
import { Refusal } from './refusal.ts'

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

/** A cloud with one project `lab`, a random key and no devices. */
export function newCloud(): MetalCloudState {
  return {
    apiKey: randomBytes(24).toString('base64url'),
    projects: [{ id: randomUUID(), name: 'lab' }],
    nextNumber: 1,
    devices: [],
  }
}

export type DeviceAction = 'power_on' | 'power_off' | 'reboot' | 'rescue'

/**
 * Devices with their rules, without a network. It has no timers: the state of a device follows from its
 * course and the clock. So a cloud that was killed continues as if it had never stopped.
 */
export class MetalCloud {
  readonly nowMs: () => number
  readonly apiKey: string
  readonly projects: readonly MetalProject[]
  readonly #times: MetalTimes
  readonly #devices = new Map<string, MetalDevice>()
  #nextNumber: number

  constructor(state: MetalCloudState, times: Partial<MetalTimes>, nowMs: () => number) {
    this.nowMs = nowMs
    this.apiKey = state.apiKey
    this.projects = state.projects
    this.#times = { ...defaultMetalTimes, ...times }
    this.#nextNumber = state.nextNumber
    for (const device of state.devices) this.replace(device)
  }

  /** The state to store. */
  get state(): MetalCloudState {
    const { apiKey, projects } = this
    return { apiKey, projects, nextNumber: this.#nextNumber, devices: [...this.#devices.values()] }
  }

  /** Existing devices, newest first. With a project, only those that are in it still. */
  devices(projectId?: string): readonly MetalDevice[] {
    const there = [...this.#devices.values()].filter((device) => this.#isThere(device))
    const isIn = (device: MetalDevice) => device.projectId === projectId && !this.#isMoved(device)
    return there.filter((device) => projectId === undefined || isIn(device)).reverse()
  }

  /** Throws a Refusal if there is no such device, or if it was moved out of its project. */
  device(id: string): MetalDevice {
    const device = this.#devices.get(id)
    if (!device || !this.#isThere(device)) throw new Refusal(404, 'Not found')
    if (this.#isMoved(device)) throw new Refusal(403, 'You are not authorized to view this device')
    return device
  }

  stateOf(device: MetalDevice): DeviceState {
    return stateAt(device, this.nowMs())
  }

  create(order: Omit<DeviceOrder, 'number'>): MetalDevice {
    return this.replace(newDevice({ ...order, number: this.#nextNumber++ }, this.#times, this.nowMs()))
  }

  update(device: MetalDevice, settings: Partial<DeviceSettings>): MetalDevice {
    return this.replace({ ...device, updatedMs: this.nowMs(), settings: { ...device.settings, ...settings } })
  }

  /** Starts to delete a device. Throws a Refusal if it is locked or already being deleted. */
  delete(device: MetalDevice): void {
    if (device.settings.locked) throw new Refusal(422, 'Device is locked')
    if (this.stateOf(device) === 'deprovisioning') throw new Refusal(422, 'Device is already being deleted')
    const nowMs = this.nowMs()
    const steps: Step[] = [
      { state: 'deprovisioning', fromMs: nowMs },
      { state: 'deleted', fromMs: nowMs + this.#times.deprovisionMs },
    ]
    this.replace({ ...onNewCourse(device, nowMs, steps), deletedAtMs: nowMs })
  }

  /** Starts an action. Throws a Refusal if the device's state does not allow it. */
  act(device: MetalDevice, action: DeviceAction): void {
    const state = this.stateOf(device)
    if (state !== (action === 'power_on' ? 'inactive' : 'active'))
      throw new Refusal(422, `Device cannot ${action} while it is ${state}`)
    const nowMs = this.nowMs()
    const off: Step = { state: 'powering_off', fromMs: nowMs }
    if (action === 'power_off') {
      const inactive: Step = { state: 'inactive', fromMs: nowMs + this.#times.powerOffMs }
      this.replace(onNewCourse(device, nowMs, [off, inactive]))
      return
    }
    const risesAtMs = nowMs + (action === 'power_on' ? 0 : this.#times.powerOffMs)
    const atMs = risesAtMs + this.#times.powerOnMs
    const on: Step[] = [
      { state: 'powering_on', fromMs: risesAtMs },
      { state: 'active', fromMs: atMs },
    ]
    const changed = onNewCourse(device, nowMs, action === 'power_on' ? on : [off, ...on])
    const from = action === 'rescue' ? 'rescue' : bootsFrom(device)
    this.replace({ ...changed, boots: [...changed.boots, { atMs, from }] })
  }

  /** Puts the device in the place of the one with its id. */
  replace(device: MetalDevice): MetalDevice {
    this.#devices.set(device.id, device)
    return device
  }

  #isMoved({ movedAtMs }: MetalDevice): boolean {
    return movedAtMs !== undefined && movedAtMs <= this.nowMs()
  }

  #isThere(device: MetalDevice): boolean {
    return this.stateOf(device) !== 'deleted'
  }
}

/** Only a device with the operating system custom_ipxe boots from the network after its first boot. */
function bootsFrom({ operatingSystem, settings }: MetalDevice): 'pxe' | 'disk' {
  return operatingSystem === 'custom_ipxe' && settings.always_pxe ? 'pxe' : 'disk'
}
