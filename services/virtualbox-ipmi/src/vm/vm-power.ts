import { type Call, type OnceOperation, PowerbusError } from '@powerbus/plugin-sdk'
import { wrongState } from '../hypervisor/failure.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import { isHalted } from '../hypervisor/vm-states.ts'
import { asBooted, asItIs, type BootChange } from './boot-changes.ts'
import { type BootCall, BootKeeper } from './boot-keeper.ts'
import { BootWatch } from './boot-watch.ts'
import { OperationRecords } from './operation-records.ts'
import { canModify, isChanging, nameOf, settledVm, waitForVm } from './power-state.ts'
import type { VmContext } from './vm-context.ts'
import { VmCycles } from './vm-cycles.ts'
import { inTurn, onceInTurn, turnLimit } from './vm-turn.ts'

/** Limit of one look at a VM. A VM that is busy is looked at again later. */
const LOOK_TIMEOUT_MS = 10_000
/** How long a guest that was asked to shut down is polled. */
const SHUTDOWN_MS = 120_000

/** The power verbs of VMs, for actions and emulated BMCs alike. Each verb runs in the VM's turn. `id`: upper case. */
export class VmPower {
  readonly context: VmContext
  readonly boot: BootKeeper
  readonly #onStarted: (id: string) => void
  readonly #operations: OperationRecords
  readonly #cycles: VmCycles
  readonly #watch: BootWatch

  /** `onStarted`: called when this plugin has started a VM. Must not throw. */
  constructor(context: VmContext, onStarted: (id: string) => void = () => undefined) {
    this.context = context
    this.#onStarted = onStarted
    this.#watch = new BootWatch(context, (id) => this.#look(id))
    this.boot = new BootKeeper(context, (id, record) => this.#watch.note(id, record))
    this.#operations = new OperationRecords(context)
    this.#cycles = new VmCycles(context, this.#operations, (vm, call) => this.#start(vm, call))
  }

  /** The VM as the hypervisor sees it now; needs no turn. If it is off, its own boot order is restored soon after. */
  async get(id: string, call: Call): Promise<Vm> {
    return this.#seen(await this.context.hypervisor.get(id, call))
  }

  /** The same, at once: also while a command that takes long runs at the VM. */
  async look(id: string, call: Call): Promise<Vm> {
    const { hypervisor } = this.context
    return this.#seen(await (hypervisor.look?.(id, call) ?? hypervisor.get(id, call)))
  }

  /** Starts a VM that is off, and resumes a paused one. */
  async on(id: string, call: Call): Promise<void> {
    await inTurn(this.context, id, call, async (settled, left) => {
      const vm = await this.#cycles.finishOpen(settled, left)
      if (isOff(vm.state) || vm.state === 'paused') await this.#start(vm, left)
    })
  }

  async off(id: string, call: Call): Promise<void> {
    const { context } = this
    await inTurn(context, id, call, async (vm, left) => {
      await this.#cycles.giveUpOpen(id)
      if (isOff(vm.state)) return
      await this.boot.change(vm, asItIs, left)
      await context.hypervisor.powerOff(id, left)
      const off = await waitForVm(context, id, ({ state }) => isOff(state), left)
      if (off) await this.boot.change(off, asItIs, left)
    })
  }

  /** Presses the power button of a VM that runs, at most once. Throws TARGET_STATE for a paused or stuck one. */
  async soft(id: string, call: Call): Promise<void> {
    await onceInTurn(this.context, id, call, async (vm, left) => {
      if (isHalted(vm.state)) throw wrongState(vm, 'its guest cannot shut down; power it off')
      return async () => {
        await this.#cycles.giveUpOpen(id)
        if (!isOff(vm.state)) await this.context.hypervisor.acpiShutdown(id, left)
      }
    })
    if (this.#watch.isOver(id)) void this.#seeOff(id)
  }

  /**
   * Off and on again. `token` names this cycle for `outcomeOf`. Once the VM may go off it is started again, also after
   * the end of the call or of this process. Throws OUTCOME_UNKNOWN where the call ended before that.
   */
  async cycle(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, call, async (vm, left) => {
      if (isOff(vm.state)) throw new PowerbusError('TARGET_STATE', `VM ${nameOf(vm)} is off: power it on instead`)
      return () => this.#cycleNow(vm, token, left)
    })
  }

  /**
   * Presses the reset button at most once. A reset cannot change what the VM boots from. Throws TARGET_STATE for a VM
   * in which nothing runs.
   */
  async reset(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, call, async (vm, left) => {
      assertRuns(vm, 'reset')
      return () => this.#resetNow(id, token, left)
    })
  }

  /**
   * A reset; a cycle where the boot order is to change, since it changes only while the VM is off, and where the VM is
   * paused or stuck, since its reset button does nothing then. Throws TARGET_STATE for a VM that is off.
   */
  async restart(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, call, async (vm, left) => {
      if (!isHalted(vm.state)) assertRuns(vm, 'reset')
      const needsCycle = isHalted(vm.state) || (await this.boot.choice(vm, left)).pending
      return () => (needsCycle ? this.#cycleNow(vm, token, left) : this.#resetNow(id, token, left))
    })
  }

  /** Sends an NMI at most once. Throws CAPABILITY_UNSUPPORTED where the hypervisor has none. */
  async diag(id: string, token: string, call: Call): Promise<void> {
    const { hypervisor } = this.context
    if (!hypervisor.nmi) throw new PowerbusError('CAPABILITY_UNSUPPORTED', `${hypervisor.name} has no NMI`)
    const send = (left: Call) => this.#recorded(id, 'diag', token, async () => await hypervisor.nmi?.(id, left))
    await this.#once(id, call, async (vm, left) => {
      assertRuns(vm, 'NMI')
      return () => send(left)
    })
  }

  /** Whether the operation named `token` was done. Finishes a cycle that the end of its process cut off. */
  async outcomeOf(token: string, call: Call): Promise<'done' | 'unknown'> {
    const found = await this.#operations.read(token)
    if (found === undefined) return 'unknown'
    const { vm, operation } = found
    // The work that has the turn may be this very operation.
    const late = new PowerbusError('TARGET_TIMEOUT', `VM ${vm} is busy, maybe with that very operation`)
    const work = async () => {
      if (operation === 'cycle') await this.#cycles.finish(vm, token, call, false)
      return (await this.#operations.read(token))?.phase === 'done' ? 'done' : 'unknown'
    }
    return await this.context.turns.run(vm, work, turnLimit(this.context, call, late))
  }

  /** Changes what the VM boots from. `boot.choice` tells whether the boot order has followed. */
  async changeBoot(id: string, change: BootChange, call: Call): Promise<void> {
    await inTurn(this.context, id, call, async (vm, left) => await this.boot.change(vm, change, left))
  }

  /** Called in the VM's turn before the VM goes off or is removed: the settled VM, which no cycle will start. */
  async beforeEnd(id: string, call: Call): Promise<Vm> {
    const vm = await settledVm(this.context, id, call)
    await this.#cycles.giveUpOpen(id)
    return vm
  }

  /** Finishes cycles that the end of an earlier process cut off. Logs failures. */
  async recover(): Promise<void> {
    await this.#cycles.recover()
  }

  #seen(vm: Vm): Vm {
    if (canModify(vm)) this.#watch.seenOff(vm.id)
    return vm
  }

  /** Polls the VM until it is off, so that its own boot order is restored at once. */
  async #seeOff(id: string): Promise<void> {
    const { signal, clock } = this.context
    const reader = { hypervisor: this, clock }
    await waitForVm(reader, id, ({ state }) => isOff(state), { signal, timeoutMs: SHUTDOWN_MS }).catch(() => {
      // `BootWatch` looks again.
    })
  }

  async #look(id: string): Promise<void> {
    const { signal, hypervisor } = this.context
    const call = { signal, timeoutMs: LOOK_TIMEOUT_MS }
    // The order of a VM that is on cannot change.
    if (this.#watch.isOver(id) && !canModify(await hypervisor.get(id, call))) return
    await this.changeBoot(id, asItIs, call)
  }

  /** Boots the VM; a saved or paused one is resumed and boots nothing. */
  async #start(vm: Vm, call: BootCall): Promise<void> {
    const boots = canModify(vm)
    if (boots) await this.boot.change(vm, asItIs, call)
    await this.context.hypervisor.start(vm.id, call)
    if (boots) this.#onStarted(vm.id)
    const on = await waitForVm(this.context, vm.id, (seen) => !isChanging(seen) && !isOff(seen.state), call)
    if (on && boots) await this.boot.change(on, asBooted, call)
  }

  /** See `onceInTurn`. Finishes an open cycle first. */
  async #once(id: string, call: Call, prepare: (vm: Vm, left: BootCall) => Promise<() => Promise<void>>) {
    await onceInTurn(this.context, id, call, async (vm, left) => prepare(await this.#cycles.finishOpen(vm, left), left))
  }

  async #cycleNow(vm: Vm, token: string, call: BootCall): Promise<void> {
    await this.boot.change(vm, asItIs, call)
    await this.#cycles.run(vm, token, call)
  }

  async #resetNow(id: string, token: string, call: Call): Promise<void> {
    await this.#recorded(id, 'reset', token, () => this.context.hypervisor.reset(id, call))
  }

  async #recorded(vm: string, operation: OnceOperation, token: string, work: () => Promise<void>): Promise<void> {
    await this.#operations.write(token, { vm, operation, phase: 'begun' })
    await work()
    await this.#operations.note(token, { vm, operation, phase: 'done' })
  }
}

/** Throws TARGET_STATE for a VM in which nothing runs. `what`: `reset` or `NMI`. */
function assertRuns(vm: Vm, what: string): void {
  if (isOff(vm.state)) throw wrongState(vm, `a ${what} needs a VM that runs; power it on instead`)
  if (isHalted(vm.state)) throw wrongState(vm, `a ${what} does nothing then; use a power cycle: off and on`)
}
