import { randomUUID } from 'node:crypto'
import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { BootDevice, type BootFlags, type Chassis, type ChassisControlName, type ControlOutcome } from 'node-ipmi/bmc'
import { hasCode } from '../hypervisor/failure.ts'
import { isOff } from '../hypervisor/vm.ts'
import { asCleared, asKept, asSet, type BootScope } from '../vm/boot-changes.ts'
import type { OverrideDevice } from '../vm/boot-order.ts'
import type { VmPower } from '../vm/vm-power.ts'

/** Limit of a command, from its acceptance on, the wait for its turn included. No console waits for it. */
const WORK_MS = 120_000
/** Limit of a read of the power state; a BMC answers within 10 s. */
const READ_MS = 8_000
/** Age up to which a power state is returned again, since consoles poll. */
const FRESH_MS = 200

export interface VmChassisOptions {
  readonly power: VmPower
  readonly id: string
  /** Aborted when the BMC goes. */
  readonly signal: AbortSignal
  /** Called when an accepted command has failed. */
  readonly onFailure: (what: string, error: unknown) => void
  /** Called when a console requests what no VM has. */
  readonly onUnable: (what: string) => void
}

/**
 * A VM as the chassis of a BMC. The power state is read from the VM. Commands are accepted at once and run in the VM's
 * turn, in order of arrival. A repeat of the last command while that is not done is ignored: consoles repeat what had
 * no answer.
 */
export class VmChassis implements Chassis {
  readonly #options: VmChassisOptions
  #reading: Promise<boolean> | undefined
  #known: { readonly isOn: boolean; readonly atMs: number } | undefined
  #last: { readonly verb: ChassisControlName; isDone: boolean } | undefined
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
    if (verb === 'diagnosticInterrupt' && !this.#options.power.hypervisor.nmi) return 'notSupported'
    const last = this.#last
    if (last?.verb === verb && !last.isDone) return 'accepted'
    const mine = { verb, isDone: false }
    this.#last = mine
    const run = async (call: Call) => {
      try {
        await this.#run(verb, call)
      } finally {
        mine.isDone = true
      }
    }
    this.#do(verb, run)
    return 'accepted'
  }

  bootFlagsChanged(flags: BootFlags | undefined, forMs: number | undefined): void {
    const scope = flags ? 'all' : this.#scopeOfEnd()
    this.#flags = flags
    this.#isTimed = forMs !== undefined
    const { power, id, onUnable } = this.#options
    const device = flags && deviceOf(flags.device)
    if (flags && device) {
      const endsAtMs = this.#endOf(forMs)
      const override = { device, efi: flags.efi, ...(endsAtMs !== undefined && { endsAtMs }) }
      this.#do('boot device', (call) => power.changeBoot(id, asSet(override, flags.persistent), call))
      return
    }
    if (flags && flags.device !== BootDevice.none) onUnable(`boot device ${flags.device}`)
    this.#do('boot device', (call) => power.changeBoot(id, asCleared(scope), call))
  }

  bootFlagsKept(forMs: number | undefined): void {
    this.#isTimed = forMs !== undefined
    const { power, id } = this.#options
    const endsAtMs = this.#endOf(forMs)
    this.#do('boot device', (call) => power.changeBoot(id, asKept(endsAtMs), call))
  }

  /** What the end of the flags clears. Flags that expire clear no override that an action has set since. */
  #scopeOfEnd(): BootScope {
    if (this.#isTimed) return 'timed'
    return this.#flags?.persistent ? 'all' : 'once'
  }

  #endOf(forMs: number | undefined): number | undefined {
    return forMs === undefined ? undefined : this.#options.power.clock.dateMs() + forMs
  }

  async #run(verb: ChassisControlName, call: Call): Promise<void> {
    const { power, id } = this.#options
    switch (verb) {
      case 'powerUp':
        return await power.on(id, call)
      case 'powerDown':
        return await power.off(id, call)
      case 'powerCycle':
        return await power.cycle(id, randomUUID(), call)
      case 'hardReset':
        // Consoles expect a reset to boot by the boot flags, and a reset of a VM keeps its boot order.
        return await power.restart(id, randomUUID(), call)
      case 'softShutdown':
        return await power.soft(id, call)
      case 'diagnosticInterrupt':
        return await power.diag(id, randomUUID(), call)
    }
  }

  #do(what: string, work: (call: Call) => Promise<void>): void {
    const { signal, onFailure } = this.#options
    const working = work({ signal, timeoutMs: WORK_MS })
      .catch((error: unknown) => onFailure(what, error))
      .finally(() => {
        this.#working.delete(working)
        this.#known = undefined
      })
    this.#working.add(working)
  }

  async #read(): Promise<boolean> {
    const { power, id, signal } = this.#options
    try {
      const { state } = await power.get(id, { signal, timeoutMs: READ_MS })
      if (state === 'inaccessible') throw new PowerbusError('TARGET_STATE', `The hypervisor cannot read VM ${id}`)
      this.#known = { isOn: !isOff(state), atMs: performance.now() }
      return this.#known.isOn
    } catch (error) {
      if (hasCode(error, 'TARGET_BUSY') && this.#known) return this.#known.isOn
      throw error
    }
  }
}

/** The device of a boot device selector. §28.13, table 28-14, parameter 5. */
function deviceOf(device: number): OverrideDevice | undefined {
  switch (device) {
    case BootDevice.pxe:
      return 'pxe'
    case BootDevice.disk:
    case BootDevice.remoteDisk:
      return 'disk'
    case BootDevice.cdrom:
    case BootDevice.remoteCdrom:
      return 'cdrom'
    default:
      return undefined
  }
}
