import { randomUUID } from 'node:crypto'
import type { Call } from '@powerbus/plugin-sdk'
import { BootDevice, type BootFlags, type Chassis, type ChassisControlName, type ControlOutcome } from 'node-ipmi/bmc'
import { hasCode } from '../hypervisor/failure.ts'
import type { Vm } from '../hypervisor/vm.ts'
import { isHalted, isSteady, powerAfter, type VmState } from '../hypervisor/vm-states.ts'
import { asCleared, asKept, asSet, type BootChange, type BootScope } from '../vm/boot-changes.ts'
import type { OverrideDevice } from '../vm/boot-order.ts'
import { powerNow } from '../vm/power-state.ts'
import type { VmPower } from '../vm/vm-power.ts'

/** Limit of a command, from its acceptance on, the wait for its turn included. No console waits for it. */
const WORK_MS = 120_000
/** Limit of a read of the power state; a BMC answers within 10 s. */
const READ_MS = 8_000
/** Age up to which a power state is returned again, since consoles poll. */
const FRESH_MS = 200

export interface VmChassisOptions {
  readonly power: VmPower
  readonly vm: Vm
  /** Aborted when the BMC ends. */
  readonly signal: AbortSignal
  /** Called when an accepted command has failed at the VM. */
  readonly onFailure: () => void
}

const commands: Readonly<Record<ChassisControlName, (power: VmPower, id: string, call: Call) => Promise<void>>> = {
  powerUp: (power, id, call) => power.on(id, call),
  powerDown: (power, id, call) => power.off(id, call),
  powerCycle: (power, id, call) => power.cycle(id, randomUUID(), call),
  // Consoles expect a reset to boot by the boot flags, and a reset of a VM keeps its boot order.
  hardReset: (power, id, call) => power.restart(id, randomUUID(), call),
  softShutdown: (power, id, call) => power.soft(id, call),
  diagnosticInterrupt: (power, id, call) => power.diag(id, randomUUID(), call),
}

/** Commands that need a machine that is on. §28.3: D5h where it is off. */
const needsPower: ReadonlySet<ChassisControlName> = new Set(['powerCycle', 'hardReset', 'diagnosticInterrupt'])

/** The devices of a boot device selector that a VM can be given. §28.13, table 28-14, parameter 5. */
const devices: Readonly<Record<number, OverrideDevice>> = {
  [BootDevice.pxe]: 'pxe',
  [BootDevice.disk]: 'disk',
  [BootDevice.remoteDisk]: 'disk',
  [BootDevice.cdrom]: 'cdrom',
  [BootDevice.remoteCdrom]: 'cdrom',
}

/**
 * A VM as the chassis of a BMC. The power state is read from the VM. Commands are accepted at once and run in the VM's
 * turn, in order of arrival. A repeat of the last command while that is not done is ignored: consoles repeat what had
 * no answer. A command that the VM's state forbids is refused (D5h), and not accepted to fail later.
 */
export class VmChassis implements Chassis {
  readonly #options: VmChassisOptions
  #reading: Promise<boolean> | undefined
  #known: { readonly isOn: boolean; readonly state: VmState; readonly atMs: number } | undefined
  #last: { readonly verb: ChassisControlName; readonly work: Promise<void> } | undefined
  #flags: BootFlags | undefined
  /** Unused flags expire. */
  #isTimed: boolean
  readonly #working = new Set<Promise<void>>()

  /** `flags`: in force when the BMC starts. `forMs`: milliseconds until they expire; absent: never. */
  constructor(options: VmChassisOptions, flags: BootFlags | undefined, forMs?: number) {
    this.#options = options
    this.#flags = flags
    this.#isTimed = forMs !== undefined
  }

  /** Whether an accepted command is not done yet. */
  get isWorking(): boolean {
    return this.#working.size > 0
  }

  /** Resolves when the commands that were accepted so far are done. */
  async idle(): Promise<void> {
    await Promise.all(this.#working)
  }

  isOn(): boolean | Promise<boolean> {
    const known = this.#known
    if (known && performance.now() - known.atMs < FRESH_MS) return known.isOn
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  control(verb: ChassisControlName): ControlOutcome {
    const { power, vm } = this.#options
    if (verb === 'diagnosticInterrupt' && !power.context.hypervisor.nmi) return 'notSupported'
    const last = this.#last
    const isPending = last !== undefined && this.#working.has(last.work)
    if (isPending && last.verb === verb) return 'accepted'
    if (isPending ? last.verb === 'powerDown' && needsPower.has(verb) : this.#refuses(verb)) return 'notInPresentState'
    this.#last = { verb, work: this.#do(verb, (call) => commands[verb](power, vm.id, call)) }
    return 'accepted'
  }

  /** Whether the state that was just read forbids the verb, so that it would be accepted and then fail. */
  #refuses(verb: ChassisControlName): boolean {
    const known = this.#known
    if (!known || performance.now() - known.atMs >= FRESH_MS) return false
    if (isHalted(known.state)) return verb === 'softShutdown' || verb === 'diagnosticInterrupt'
    return !isSteady(known.state) && powerAfter(known.state) === 'off' && needsPower.has(verb)
  }

  bootFlagsChanged(flags: BootFlags | undefined, forMs: number | undefined): void {
    const scope = flags ? 'all' : this.#scopeOfEnd()
    this.#flags = flags
    this.#isTimed = forMs !== undefined
    const device = flags && devices[flags.device]
    if (flags && !device && flags.device !== BootDevice.none) {
      const { power, vm } = this.#options
      const what = `boot device ${flags.device}`
      power.context.log.warn('a console requested what a VM does not support from its BMC', { vm: vm.name, what })
    }
    const override = flags && device && { device, efi: flags.efi, endsAtMs: this.#endOf(forMs) }
    this.#changeBoot(override ? asSet(override, flags.persistent) : asCleared(scope))
  }

  bootFlagsKept(forMs: number | undefined): void {
    this.#isTimed = forMs !== undefined
    this.#changeBoot(asKept(this.#endOf(forMs)))
  }

  #changeBoot(change: BootChange): void {
    const { power, vm } = this.#options
    void this.#do('boot device', (call) => power.changeBoot(vm.id, change, call))
  }

  /** What the end of the flags clears. Flags that expire clear no override that an action has set since. */
  #scopeOfEnd(): BootScope {
    if (this.#isTimed) return 'timed'
    return this.#flags?.persistent ? 'all' : 'once'
  }

  #endOf(forMs: number | undefined): number | undefined {
    return forMs === undefined ? undefined : this.#options.power.context.clock.dateMs() + forMs
  }

  /** Accepts a command. Returns what is in `#working` until it is done. */
  #do(what: string, work: (call: Call) => Promise<void>): Promise<void> {
    const { power, vm, signal, onFailure } = this.#options
    const working = work({ signal, timeoutMs: WORK_MS })
      .catch((error: unknown) => {
        onFailure()
        const text = signal.aborted
          ? 'a command that an emulated BMC had accepted was given up'
          : 'a command to an emulated BMC failed at its VM'
        power.context.log.error(text, { vm: vm.name, what, reason: String(error) })
      })
      .finally(() => {
        this.#working.delete(working)
        this.#known = undefined
      })
    this.#working.add(working)
    return working
  }

  async #read(): Promise<boolean> {
    const { power, vm, signal } = this.#options
    const { id } = vm
    try {
      const seen = await power.look(id, { signal, timeoutMs: READ_MS })
      this.#known = { isOn: powerNow(seen) === 'on', state: seen.state, atMs: performance.now() }
      return this.#known.isOn
    } catch (error) {
      if (hasCode(error, 'TARGET_BUSY') && this.#known) return this.#known.isOn
      throw error
    }
  }
}
