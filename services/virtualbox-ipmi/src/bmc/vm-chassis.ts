import { randomUUID } from 'node:crypto'
import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { BootDevice, type BootFlags, type Chassis, type ChassisControlName, type ControlOutcome } from 'node-ipmi/bmc'
import { isOff } from '../hypervisor/vm.ts'
import { asCleared, asKept, asSet, type BootScope } from '../vm/boot-changes.ts'
import type { OverrideDevice } from '../vm/boot-order.ts'
import type { VmPower } from '../vm/vm-power.ts'

/** For whatever a console asked for, from then on, with what goes before it: it got its answer at once, and nobody waits. */
const WORK_MS = 120_000
/** A BMC answers within 10 s or not at all. */
const READ_MS = 8_000
/** A state this old is as good as a new one: consoles ask again and again. */
const FRESH_MS = 200

export interface VmChassisOptions {
  readonly power: VmPower
  readonly id: string
  /** Aborted when the BMC goes. */
  readonly signal: AbortSignal
  /** What was accepted has failed. */
  readonly onFailure: (what: string, error: unknown) => void
  /** A console wants something that no VM has. */
  readonly onUnable: (what: string) => void
}

/**
 * A VM as the machine that a BMC powers. The power state is the VM's own, read when it is asked for. A command is accepted at once and
 * done in the VM's turn, in the order in which commands came; the same command again while the last one is not done is the same one: consoles
 * repeat what was not answered in time.
 */
export class VmChassis implements Chassis {
  readonly #options: VmChassisOptions
  #reading: Promise<boolean> | undefined
  #known: { readonly isOn: boolean; readonly atMs: number } | undefined
  #last: { readonly verb: ChassisControlName; isDone: boolean } | undefined
  #flags: BootFlags | undefined
  /** The flags run out where they are not used. */
  #isTimed: boolean
  #working = 0

  /** `flags`: valid when the BMC began, and (`forMs`) for how long from then on. */
  constructor(options: VmChassisOptions, flags: BootFlags | undefined, forMs?: number) {
    this.#options = options
    this.#flags = flags
    this.#isTimed = forMs !== undefined
  }

  /** Something that a console asked for is being done, or waits for it. */
  get isWorking(): boolean {
    return this.#working > 0
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
    this.#do(
      verb,
      (call) => this.#run(verb, call),
      () => {
        mine.isDone = true
      },
    )
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

  /** What is left of flags that are no longer valid. Those that run out set nothing but what does; an action may have set something else since. */
  #scopeOfEnd(): BootScope {
    if (this.#isTimed) return 'timed'
    return this.#flags?.persistent ? 'all' : 'once'
  }

  #endOf(forMs: number | undefined): number | undefined {
    return forMs === undefined ? undefined : this.#options.power.dateMs() + forMs
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
        // A reset keeps the boot order that the VM was started with; consoles expect `bootdev` and `reset` to go together.
        return await power.restart(id, randomUUID(), call)
      case 'softShutdown':
        return await power.soft(id, call)
      case 'diagnosticInterrupt':
        return await power.diag(id, randomUUID(), call)
    }
  }

  #do(what: string, work: (call: Call) => Promise<void>, done: () => void = () => undefined): void {
    const { signal, onFailure } = this.#options
    this.#working++
    void work({ signal, timeoutMs: WORK_MS })
      .catch((error: unknown) => onFailure(what, error))
      .finally(() => {
        this.#working--
        this.#known = undefined
        done()
      })
  }

  async #read(): Promise<boolean> {
    const { power, id, signal } = this.#options
    try {
      const { state } = await power.get(id, { signal, timeoutMs: READ_MS })
      if (state === 'inaccessible') throw new PowerbusError('TARGET_STATE', `VM ${id} cannot be read`)
      this.#known = { isOn: !isOff(state), atMs: performance.now() }
      return this.#known.isOn
    } catch (error) {
      const isBusy = error instanceof PowerbusError && error.code === 'TARGET_BUSY'
      if (isBusy && this.#known) return this.#known.isOn
      throw error
    }
  }
}

/** What of a VM a selector of boot flags means. §28.13, table 28-14, parameter 5. */
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
