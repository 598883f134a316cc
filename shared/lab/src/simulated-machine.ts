import {
  type BootDeviceName,
  type BootFlags,
  bootDeviceName,
  type Chassis,
  type ChassisControlName,
  type Clock,
  type ControlOutcome,
  type PowerReading,
  systemClock,
  type Timer,
} from 'node-ipmi/bmc'
import { machineSensors, machineSensorValue } from './machine-sensors.ts'

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

/** Power consumption of a machine that is off. */
const STANDBY_WATTS = 4
const IDLE_WATTS = 180
/** Load adds or takes off this much, in a period of LOAD_PERIOD_MS. */
const LOAD_WATTS = 40
const LOAD_PERIOD_MS = 60_000

export interface SimulatedMachineOptions {
  /** The machine is on from the beginning; default: off. */
  readonly isOn?: boolean
  readonly times?: Partial<MachineTimes>
  readonly clock?: Clock
}

export interface LastBoot {
  /** `none`: by the boot order of the firmware. */
  readonly device: BootDeviceName
  readonly efi: boolean
}

/** Executions of each verb; refused requests are not counted. */
export type ControlCounts = Record<ChassisControlName, number>

/** A simulated machine: power state, boot device, and the time that changes take. */
export class SimulatedMachine implements Chassis {
  readonly sensors = machineSensors
  readonly counts: ControlCounts = {
    powerDown: 0,
    powerUp: 0,
    powerCycle: 0,
    hardReset: 0,
    diagnosticInterrupt: 0,
    softShutdown: 0,
  }
  /** Undefined before the first boot. */
  lastBoot: LastBoot | undefined
  /** Valid boot flags. */
  bootFlags: BootFlags | undefined
  readonly #times: MachineTimes
  readonly #clock: Clock
  #isOn: boolean
  /** Milliseconds that the machine has been on, up to `#sinceMs`. */
  #onMs = 0
  readonly #madeMs: number
  /** Time of the last change of the power. */
  #sinceMs: number
  readonly #watchers = new Set<(isOn: boolean) => void>()
  #pending: { readonly verb: ChassisControlName; readonly timer: Timer } | undefined

  constructor({ isOn = false, times, clock = systemClock }: SimulatedMachineOptions = {}) {
    this.#times = { ...defaultTimes, ...times }
    this.#clock = clock
    this.#isOn = isOn
    this.#madeMs = clock.nowMs()
    this.#sinceMs = this.#madeMs
  }

  isOn(): boolean {
    return this.#isOn
  }

  control(verb: ChassisControlName, boot: BootFlags | undefined): ControlOutcome {
    const isOn = this.#isOn
    if (!isOn && verb !== 'powerUp' && verb !== 'powerDown') return 'notInPresentState'
    this.counts[verb]++
    switch (verb) {
      case 'powerUp':
        if (!isOn) this.#later(verb, this.#times.powerUpMs, () => this.#start(boot))
        else this.#settle()
        break
      case 'powerDown':
        if (isOn) this.#later(verb, this.#times.powerDownMs, () => this.#switch(false))
        else this.#settle()
        break
      case 'powerCycle':
        this.#switch(false)
        this.#later(verb, this.#times.cycleOffMs, () => this.#start(boot))
        break
      case 'hardReset':
        this.#settle()
        this.#start(boot)
        break
      case 'softShutdown':
        this.#later(verb, this.#times.softShutdownMs, () => this.#switch(false))
        break
      case 'diagnosticInterrupt':
        break
    }
    return 'accepted'
  }

  bootFlagsChanged(flags: BootFlags | undefined): void {
    this.bootFlags = flags
  }

  powerOnMinutes(): number {
    return Math.floor((this.#onMs + this.#onSinceMs()) / 60_000)
  }

  /** What the sensor at this place measures; undefined for one that needs the machine to be on. */
  sensorValue(index: number): number | undefined {
    return machineSensorValue(index, this.#isOn, this.#watts())
  }

  /** Standby power while off; about IDLE_WATTS while on, with a wave of load. Statistics since the machine was made. */
  powerReading(): PowerReading {
    const periodMs = this.#clock.nowMs() - this.#madeMs
    const onMs = this.#onMs + this.#onSinceMs()
    const onShare = periodMs === 0 ? Number(this.#isOn) : onMs / periodMs
    return {
      watts: this.#watts(),
      minimumWatts: onShare < 1 ? STANDBY_WATTS : IDLE_WATTS - LOAD_WATTS,
      maximumWatts: onShare > 0 ? IDLE_WATTS + LOAD_WATTS : STANDBY_WATTS,
      averageWatts: STANDBY_WATTS + onShare * (IDLE_WATTS - STANDBY_WATTS),
      periodMs,
    }
  }

  watchPower(listener: (isOn: boolean) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Cancels the change under way; the power state stays. */
  close(): void {
    this.#settle()
  }

  #start(boot: BootFlags | undefined): void {
    this.lastBoot = { device: (boot && bootDeviceName(boot.device)) ?? 'none', efi: boot?.efi ?? false }
    this.#switch(true)
  }

  #switch(isOn: boolean): void {
    this.#onMs += this.#onSinceMs()
    this.#sinceMs = this.#clock.nowMs()
    if (this.#isOn === isOn) return
    this.#isOn = isOn
    for (const watcher of this.#watchers) watcher(isOn)
  }

  #watts(): number {
    if (!this.#isOn) return STANDBY_WATTS
    const onMs = this.#onMs + this.#onSinceMs()
    return IDLE_WATTS + LOAD_WATTS * Math.sin((2 * Math.PI * onMs) / LOAD_PERIOD_MS)
  }

  #onSinceMs(): number {
    return this.#isOn ? this.#clock.nowMs() - this.#sinceMs : 0
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
}
