import { randomUUID } from 'node:crypto'
import { EventLog } from './event-log.ts'
import { HostBoot } from './host-boot.ts'
import { HostPower } from './host-power.ts'
import type { ManagedMachine } from './managed-machine.ts'
import { MediaDrives } from './media-drives.ts'
import { paths } from './paths.ts'
import { PendingSettings } from './pending-settings.ts'
import type { Personality } from './personality.ts'
import type { Quirks } from './quirks.ts'
import { dateText, type ServiceClock } from './service-clock.ts'
import { interruptEvent, type ServiceEvent, serviceEvent } from './service-event.ts'

export interface HostOptions {
  readonly machine: ManagedMachine
  /** Last part of the paths of its system and chassis; default: the personality's. */
  readonly id?: string
  readonly name?: string
  /** Default: random. */
  readonly uuid?: string
  readonly serialNumber?: string
}

export interface HostContext {
  readonly personality: Personality
  readonly quirks: Quirks
  readonly clock: ServiceClock
  readonly publish: (event: ServiceEvent) => void
  /** Takes the standby power of the host and its BMC away for a while. */
  readonly cutStandby: (host: Host) => void
  /** Called with what fails after its answer was sent. */
  readonly onError: (error: unknown) => void
}

/** One machine as a system, its chassis, and what its firmware keeps. */
export class Host {
  readonly id: string
  readonly name: string
  readonly uuid: string
  readonly serialNumber: string
  readonly path: string
  readonly chassisId: string
  readonly chassisPath: string
  readonly machine: ManagedMachine
  readonly power: HostPower
  readonly boot: HostBoot
  readonly bios: PendingSettings
  readonly secureBoot = new PendingSettings({ SecureBootEnable: false })
  readonly media: MediaDrives
  readonly log = new EventLog()
  assetTag = ''
  #isIdentified = false
  lastReset: string | undefined
  readonly #context: HostContext
  readonly #unwatch: (() => void) | undefined

  constructor(options: HostOptions, context: HostContext) {
    const { machine, uuid = randomUUID() } = options
    const { personality, quirks, clock } = context
    this.#context = context
    this.id = options.id ?? personality.systemId
    this.chassisId = options.id ?? personality.chassisId
    this.name = options.name ?? 'System'
    this.uuid = uuid.toLowerCase()
    this.serialNumber = options.serialNumber ?? this.uuid.slice(0, 8).toUpperCase()
    this.path = `${paths.systems}/${this.id}`
    this.chassisPath = `${paths.chassis}/${this.chassisId}`
    this.machine = machine
    this.bios = new PendingSettings(personality.biosAttributes)
    this.boot = new HostBoot(machine, quirks, personality)
    this.media = new MediaDrives(quirks, clock, personality)
    this.power = new HostPower({ machine, quirks, clock, onError: context.onError, onBoot: () => this.#takeSettings() })
    this.#unwatch = machine.watchPower?.((isOn) => this.#powerChanged(isOn))
  }

  /** Puts an event into the log of the system, and sends it to subscribers. */
  record(event: ServiceEvent): void {
    this.log.add(event, dateText(this.#context.clock))
    this.#context.publish(event)
  }

  get isIdentified(): boolean {
    return this.machine.isIdentified?.() ?? this.#isIdentified
  }

  /** Turns the light on until it is turned off: Redfish has no duration. */
  async identify(isLit: boolean): Promise<void> {
    this.#isIdentified = isLit
    await this.machine.identify?.(isLit ? Number.POSITIVE_INFINITY : 0)
  }

  interrupted(): void {
    this.record(interruptEvent(this.path))
  }

  close(): void {
    this.#unwatch?.()
    this.power.close()
  }

  #powerChanged(isOn: boolean): void {
    this.power.changed(isOn)
    const key = isOn ? 'ResourceEvent.ResourcePoweredOn' : 'ResourceEvent.ResourcePoweredOff'
    this.record(serviceEvent(key, this.path, [this.path]))
  }

  #takeSettings(): void {
    const date = dateText(this.#context.clock)
    this.lastReset = date
    this.bios.apply(date)
    this.secureBoot.apply(date)
    if (this.bios.current.PowerCycleRequest !== 'FullPowerCycle') return
    // Dell's way: the request is done once. libredfish, dell.rs.
    this.bios.set({ PowerCycleRequest: 'None' })
    this.bios.apply(date)
    this.#context.cutStandby(this)
  }
}
