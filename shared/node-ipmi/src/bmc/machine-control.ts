import { BootDevice, type BootDeviceName, bootDeviceName, noBootFlags } from '../commands/boot-option-parameters.ts'
import type { ChassisControlName } from '../commands/chassis-control.ts'
import type { ControlOutcome, MaybePromise } from './chassis.ts'
import type { ManagedSystem } from './managed-system.ts'

/** Number of the channel of what does not come by a LAN. §6.3. */
const SYSTEM_INTERFACE = 0x0f

/** An override of the boot device. */
export interface BootChoice {
  readonly device: BootDeviceName
  readonly efi: boolean
  /** False: for the next boot. */
  readonly persistent: boolean
}

/**
 * The machine of a BMC for its other interfaces, such as Redfish: they power and boot it as a console does, with one
 * boot override, one identify light and one event log.
 */
export class MachineControl {
  readonly #system: ManagedSystem

  constructor(system: ManagedSystem) {
    this.#system = system
  }

  isOn(): MaybePromise<boolean> {
    return this.#system.chassis.isOn()
  }

  /** Carries out a control with the boot flags, and records it in the event log. */
  async control(verb: ChassisControlName): Promise<ControlOutcome> {
    const wasOn = await this.#system.chassis.isOn()
    return await this.#system.control(verb, wasOn, { channel: SYSTEM_INTERFACE, userId: 0 })
  }

  /** The valid boot flags; undefined where there are none. */
  bootChoice(): BootChoice | undefined {
    const flags = this.#system.bootOptions.validFlags
    return flags && { device: bootDeviceName(flags.device) ?? 'none', efi: flags.efi, persistent: flags.persistent }
  }

  /** Sets boot flags that do not expire; undefined: none are valid. */
  chooseBoot(choice: BootChoice | undefined): void {
    const flags = choice && { ...noBootFlags, ...choice, valid: true, device: BootDevice[choice.device] }
    this.#system.bootOptions.choose(flags)
  }

  /** Turns the identify light on for `seconds`; 0 turns it off, `Infinity` leaves it on until the next call. */
  async identify(seconds: number): Promise<void> {
    await this.#system.chassis.identify?.(seconds)
    this.#system.identify(seconds)
  }

  /** Whether the identify light is on. */
  isIdentified(): boolean {
    return this.#system.identifyState !== 0
  }

  /** Power consumption; undefined where the machine does not measure it. */
  async powerWatts(): Promise<number | undefined> {
    return (await this.#system.chassis.powerReading?.())?.watts
  }

  /** Calls back after each change of the power that the machine reports. Returns what ends that. */
  watchPower(listener: (isOn: boolean) => void): () => void {
    return this.#system.chassis.watchPower?.(listener) ?? (() => undefined)
  }
}
