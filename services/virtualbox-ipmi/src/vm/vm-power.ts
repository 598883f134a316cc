import {
  type Call,
  type Clock,
  type Logger,
  type OnceOperation,
  PowerbusError,
  systemClock,
} from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { KeyedQueue } from '@powerbus/turns'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import { asBooted, asItIs, type BootChange } from './boot-changes.ts'
import { type BootCall, BootKeeper } from './boot-keeper.ts'
import { BootWatch } from './boot-watch.ts'
import { OperationRecords } from './operation-records.ts'
import { canModify, isChanging, nameOf, waitForVm } from './power-state.ts'
import { VmCycles } from './vm-cycles.ts'
import { VmTurns } from './vm-turns.ts'

/** Limit of one look at a VM. A VM that is busy is looked at again later. */
const LOOK_TIMEOUT_MS = 10_000
/** How long a guest that was asked to shut down is polled. */
const SHUTDOWN_MS = 120_000

export interface VmPowerOptions {
  readonly hypervisor: Hypervisor
  /** The VMs' turns, by id. Work on a VM that takes more than one call runs in the VM's turn. */
  readonly turns: KeyedQueue
  /** Keeps what must outlive this process. */
  readonly state: () => Promise<Store>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** Called when this plugin has started a VM. Must not throw. */
  readonly onStarted?: (id: string) => void
  /** The system's where absent. */
  readonly clock?: Clock
}

/** The power verbs of VMs, for actions and emulated BMCs alike. Each verb runs in the VM's turn. `id`: upper case. */
export class VmPower {
  readonly hypervisor: Hypervisor
  readonly clock: Clock
  readonly boot: BootKeeper
  readonly #options: VmPowerOptions
  readonly #operations: OperationRecords
  readonly #cycles: VmCycles
  readonly #turns: VmTurns
  readonly #watch: BootWatch

  constructor(options: VmPowerOptions) {
    const { hypervisor, turns, signal, log, clock = systemClock } = options
    this.hypervisor = hypervisor
    this.clock = clock
    this.#options = options
    const look = (id: string) => this.#look(id)
    this.#watch = new BootWatch({ look, clock, signal, log })
    this.boot = new BootKeeper({ hypervisor, clock, onRecord: (id, record) => this.#watch.note(id, record) })
    this.#operations = new OperationRecords(options.state)
    const start = (vm: Vm, call: BootCall) => this.#start(vm, call)
    this.#cycles = new VmCycles({ hypervisor, clock, turns, signal, log, operations: this.#operations, start })
    this.#turns = new VmTurns({ hypervisor, clock, turns, cycles: this.#cycles })
  }

  /** The VM as the hypervisor sees it now; needs no turn. If it is off, its own boot order is restored soon after. */
  async get(id: string, call: Call): Promise<Vm> {
    const vm = await this.hypervisor.get(id, call)
    if (canModify(vm)) this.#watch.seenOff(vm.id)
    return vm
  }

  /** Starts a VM that is off, and resumes a paused one. */
  async on(id: string, call: Call): Promise<void> {
    await this.#turns.run(id, call, 'on', async (vm, left) => {
      if (isOff(vm.state) || vm.state === 'paused') await this.#start(vm, left)
    })
  }

  async off(id: string, call: Call): Promise<void> {
    await this.#turns.run(id, call, 'off', async (vm, left) => {
      if (isOff(vm.state)) return
      await this.boot.change(vm, asItIs, left)
      await this.hypervisor.powerOff(id, left)
      const off = await waitForVm(this, id, ({ state }) => isOff(state), left)
      if (off) await this.boot.change(off, asItIs, left)
    })
  }

  async soft(id: string, call: Call): Promise<void> {
    await this.#turns.run(id, call, 'off', async (_, left) => await this.hypervisor.acpiShutdown(id, left))
    if (this.#watch.isOver(id)) void this.#seeOff(id)
  }

  /**
   * Off and on again. `token` names this cycle for `outcomeOf`. Once the VM may go off it is started again, also after
   * the end of the call or of this process. Throws OUTCOME_UNKNOWN where the call ended before that.
   */
  async cycle(id: string, token: string, call: Call): Promise<void> {
    await this.#turns.runOnce(id, call, async (vm, left) => {
      if (isOff(vm.state)) throw new PowerbusError('TARGET_STATE', `VM ${nameOf(vm)} is off: power it on instead`)
      return () => this.#cycleNow(vm, token, left)
    })
  }

  /** Presses the reset button at most once. A reset cannot change what the VM boots from. */
  async reset(id: string, token: string, call: Call): Promise<void> {
    await this.#turns.runOnce(id, call, async (_, left) => () => this.#resetNow(id, token, left))
  }

  /** A reset; a cycle where the boot order is to change, since it changes only while the VM is off. */
  async restart(id: string, token: string, call: Call): Promise<void> {
    await this.#turns.runOnce(id, call, async (vm, left) => {
      const { pending } = await this.boot.choice(vm, left)
      return () => (pending && !isOff(vm.state) ? this.#cycleNow(vm, token, left) : this.#resetNow(id, token, left))
    })
  }

  /** Sends an NMI at most once. Throws CAPABILITY_UNSUPPORTED where the hypervisor has none. */
  async diag(id: string, token: string, call: Call): Promise<void> {
    const { hypervisor } = this
    if (!hypervisor.nmi) throw new PowerbusError('CAPABILITY_UNSUPPORTED', `${hypervisor.name} has no NMI`)
    const send = (left: Call) => this.#once(id, 'diag', token, async () => await hypervisor.nmi?.(id, left))
    await this.#turns.runOnce(id, call, async (_, left) => () => send(left))
  }

  /** Whether the operation named `token` was done. Finishes a cycle that the end of its process cut off. */
  async outcomeOf(token: string, call: Call): Promise<'done' | 'unknown'> {
    const found = await this.#operations.read(token)
    if (found === undefined) return 'unknown'
    // The work that has the turn may be this very operation.
    const late = () => new PowerbusError('TARGET_TIMEOUT', `VM ${found.vm} is busy, maybe with that very operation`)
    return await this.#turns.wait(found.vm, call, late, async () => {
      if (found.operation === 'cycle') await this.#cycles.finish(found.vm, token, call, false)
      return (await this.#operations.read(token))?.phase === 'done' ? 'done' : 'unknown'
    })
  }

  /** Changes what the VM boots from. `boot.choice` tells whether the boot order has followed. */
  async changeBoot(id: string, change: BootChange, call: Call): Promise<void> {
    await this.#turns.run(id, call, 'as it is', async (vm, left) => await this.boot.change(vm, change, left))
  }

  /** Called in the VM's turn before the VM goes off or is removed: the settled VM, which no cycle will start. */
  async beforeEnd(id: string, call: Call): Promise<Vm> {
    return await this.#turns.ready(id, call, 'off')
  }

  /** Finishes cycles that the end of an earlier process cut off. Logs failures. */
  async recover(): Promise<void> {
    await this.#cycles.recover()
  }

  /** Polls the VM until it is off, so that its own boot order is restored at once. */
  async #seeOff(id: string): Promise<void> {
    const call = { signal: this.#options.signal, timeoutMs: SHUTDOWN_MS }
    await waitForVm({ hypervisor: this, clock: this.clock }, id, ({ state }) => isOff(state), call).catch(() => {
      // `BootWatch` looks again.
    })
  }

  async #look(id: string): Promise<void> {
    const call = { signal: this.#options.signal, timeoutMs: LOOK_TIMEOUT_MS }
    // The order of a VM that is on cannot change.
    if (this.#watch.isOver(id) && !canModify(await this.hypervisor.get(id, call))) return
    await this.changeBoot(id, asItIs, call)
  }

  /** Boots the VM; a saved or paused one is resumed and boots nothing. */
  async #start(vm: Vm, call: BootCall): Promise<void> {
    const boots = canModify(vm)
    if (boots) await this.boot.change(vm, asItIs, call)
    await this.hypervisor.start(vm.id, call)
    if (boots) this.#options.onStarted?.(vm.id)
    const on = await waitForVm(this, vm.id, (seen) => !isChanging(seen) && !isOff(seen.state), call)
    if (on && boots) await this.boot.change(on, asBooted, call)
  }

  async #cycleNow(vm: Vm, token: string, call: BootCall): Promise<void> {
    await this.boot.change(vm, asItIs, call)
    await this.#cycles.run(vm, token, call)
  }

  async #resetNow(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, 'reset', token, () => this.hypervisor.reset(id, call))
  }

  /** Does not fail where only the last record cannot be written: a caller that sees a failure may repeat the work. */
  async #once(id: string, operation: OnceOperation, token: string, work: () => Promise<void>): Promise<void> {
    await this.#operations.write(token, { vm: id, operation, phase: 'begun' })
    await work()
    await this.#operations.write(token, { vm: id, operation, phase: 'done' }).catch((error: unknown) => {
      this.#options.log.error('the record of a finished VM operation was not written', {
        vm: id,
        reason: String(error),
      })
    })
  }
}
