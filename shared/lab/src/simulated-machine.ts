import {
  BootDevice,
  type BootDeviceName,
  type BootFlags,
  type Chassis,
  type ChassisControlName,
  type Clock,
  type ControlOutcome,
  systemClock,
  type Timer,
} from 'node-ipmi/bmc'
import { type MachineState, newMachine } from './machine-state.ts'

/** Durations of the hardware, in milliseconds. */
export interface MachineTimes {
  readonly powerUpMs: number
  readonly powerDownMs: number
  /** Time that a power cycle keeps the power off. */
  readonly cycleOffMs: number
  /** Time that the operating system takes to shut down. */
  readonly softShutdownMs: number
}

export const defaultTimes: MachineTimes = { powerUpMs: 300, powerDownMs: 200, cycleOffMs: 500, softShutdownMs: 2000 }

export interface SimulatedMachineOptions {
  readonly state?: MachineState
  readonly times?: Partial<MachineTimes>
  readonly clock?: Clock
  /** Called with the new state at every change. */
  readonly onChange?: (state: MachineState) => void
}

/** Executions of each verb; refused requests are not counted. */
export type ControlCounts = Record<ChassisControlName, number>

/** A simulated machine: power state, boot device, and the time that changes take. */
export class SimulatedMachine implements Chassis {
  readonly counts: ControlCounts = {
    powerDown: 0,
    powerUp: 0,
    powerCycle: 0,
    hardReset: 0,
    diagnosticInterrupt: 0,
    softShutdown: 0,
  }
  readonly #times: MachineTimes
  readonly #clock: Clock
  readonly #onChange: (state: MachineState) => void
  #state: MachineState
  #onSinceMs: number
  #pending: { readonly verb: ChassisControlName; readonly timer: Timer } | undefined

  constructor(options: SimulatedMachineOptions = {}) {
    this.#times = { ...defaultTimes, ...options.times }
    this.#clock = options.clock ?? systemClock
    this.#onChange = options.onChange ?? (() => undefined)
    this.#state = options.state ?? newMachine
    this.#onSinceMs = this.#clock.nowMs()
  }

  /** The state to store. */
  get state(): MachineState {
    return { ...this.#state, powerOnMs: this.#powerOnMs() }
  }

  isOn(): boolean {
    return this.#state.powerOn
  }

  control(verb: ChassisControlName, boot: BootFlags | undefined): ControlOutcome {
    const isOn = this.#state.powerOn
    if (!isOn && verb !== 'powerUp' && verb !== 'powerDown') return 'notInPresentState'
    this.counts[verb]++
    switch (verb) {
      case 'powerUp':
        if (!isOn) this.#later(verb, this.#times.powerUpMs, () => this.#start(boot))
        else this.#settle()
        break
      case 'powerDown':
        if (isOn) this.#later(verb, this.#times.powerDownMs, () => this.#stop())
        else this.#settle()
        break
      case 'powerCycle':
        this.#stop()
        this.#later(verb, this.#times.cycleOffMs, () => this.#start(boot))
        break
      case 'hardReset':
        this.#settle()
        this.#start(boot)
        break
      case 'softShutdown':
        this.#later(verb, this.#times.softShutdownMs, () => this.#stop())
        break
      case 'diagnosticInterrupt':
        break
    }
    return 'accepted'
  }

  bootFlagsChanged(flags: BootFlags | undefined): void {
    const { bootFlags: _, ...rest } = this.#state
    this.#change(flags === undefined ? rest : { ...rest, bootFlags: flags })
  }

  restorePolicyChanged(policy: number): void {
    this.#change({ ...this.#state, restorePolicy: policy })
  }

  powerOnMinutes(): number {
    return Math.floor(this.#powerOnMs() / 60_000)
  }

  /** Cancels the change under way; the power state stays. */
  close(): void {
    this.#settle()
  }

  #start(boot: BootFlags | undefined): void {
    const lastBoot = { device: deviceName(boot?.device ?? BootDevice.none), efi: boot?.efi ?? false }
    this.#change({ ...this.#state, powerOn: true, lastBoot })
  }

  #stop(): void {
    this.#change({ ...this.#state, powerOn: false })
  }

  /** Runs `run` after `ms`. Cancels the change under way, but ignores a repeat of the same verb. */
  #later(verb: ChassisControlName, ms: number, run: () => void): void {
    if (this.#pending?.verb === verb) return
    this.#settle()
    const timer = this.#clock.after(ms, () => {
      this.#pending = undefined
      run()
    })
    this.#pending = { verb, timer }
  }

  #settle(): void {
    this.#pending?.timer.cancel()
    this.#pending = undefined
  }

  #change(state: MachineState): void {
    this.#state = { ...state, powerOnMs: this.#powerOnMs() }
    this.#onSinceMs = this.#clock.nowMs()
    this.#onChange(this.#state)
  }

  #powerOnMs(): number {
    return this.#state.powerOnMs + (this.#state.powerOn ? this.#clock.nowMs() - this.#onSinceMs : 0)
  }
}

function deviceName(device: number): BootDeviceName {
  const name = (Object.keys(BootDevice) as BootDeviceName[]).find((known) => BootDevice[known] === device)
  return name ?? 'none'
}
