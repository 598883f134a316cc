import { type Call, type Logger, type OnceOperation, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { type KeyedQueue, type Limit, within } from '@powerbus/turns'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import { asBooted, asItIs, type BootChange } from './boot-changes.ts'
import { type BootCall, BootKeeper } from './boot-keeper.ts'
import { BootWatch } from './boot-watch.ts'
import { OperationRecords } from './operation-records.ts'
import { canModify, isChanging, nameOf, settledVm, waitForVm } from './power-state.ts'
import { VmCycles, type VmCyclesOptions } from './vm-cycles.ts'

/** What a piece of work is to lead to. A cycle that was left open is finished before one that wants the VM on, and given up by one that wants it off. */
type Wish = 'on' | 'off' | 'as it is'

/** For a look at a VM that may be busy: it is looked at again. */
const LOOK_TIMEOUT_MS = 10_000
/** How long a guest that was told to shut down is watched closely. */
const SHUTDOWN_MS = 120_000

export interface VmPowerOptions extends Pick<VmCyclesOptions, 'cycleOffMs' | 'unansweredMs' | 'followMs'> {
  readonly hypervisor: Hypervisor
  /** The VMs' turns, by id: whatever is done to a VM in more than one step has its turn. */
  readonly turns: KeyedQueue
  /** Keeps what must outlive this process. */
  readonly state: () => Promise<Store>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** A VM was started, by whomever of this plugin. Must not throw. */
  readonly onStarted?: (id: string) => void
  /** Milliseconds since 1970; the system's where absent. */
  readonly dateMs?: () => number
  /** Between two looks at a VM whose boot order is to be set back, in milliseconds; 60 000 where absent. */
  readonly lookMs?: number
}

/** What can be done to VMs, for actions and for emulated BMCs alike. Each verb waits for the VM's turn, and has it until it ends. `id`: upper case. */
export class VmPower {
  readonly hypervisor: Hypervisor
  readonly boot: BootKeeper
  readonly #options: VmPowerOptions
  readonly #operations: OperationRecords
  readonly #cycles: VmCycles
  readonly #watch: BootWatch

  constructor(options: VmPowerOptions) {
    const { hypervisor, signal, log, lookMs } = options
    this.hypervisor = hypervisor
    this.#options = options
    const look = (id: string) => this.#look(id)
    const dateMs = () => this.dateMs()
    this.#watch = new BootWatch({ look, dateMs, signal, log, ...(lookMs && { lookMs }) })
    this.boot = new BootKeeper({ hypervisor, dateMs, onRecord: (id, record) => this.#watch.note(id, record) })
    this.#operations = new OperationRecords(options.state)
    const start = (vm: Vm, call: BootCall) => this.#start(vm, call)
    this.#cycles = new VmCycles({ ...options, operations: this.#operations, start })
  }

  /** Milliseconds since 1970. */
  dateMs(): number {
    return (this.#options.dateMs ?? systemClock.dateMs)()
  }

  /** The VM as the hypervisor sees it now. Where it is off, what waits for that is done soon. Needs no turn. */
  async get(id: string, call: Call): Promise<Vm> {
    const vm = await this.hypervisor.get(id, call)
    if (canModify(vm)) this.#watch.seenOff(vm.id)
    return vm
  }

  async on(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, 'on', async (vm, left) => {
      // A paused one goes on.
      if (isOff(vm.state) || vm.state === 'paused') await this.#start(vm, left)
    })
  }

  async off(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, 'off', async (vm, left) => {
      if (isOff(vm.state)) return
      await this.boot.change(vm, asItIs, left)
      await this.hypervisor.powerOff(id, left)
      const off = await waitForVm(this.hypervisor, id, ({ state }) => isOff(state), left)
      if (off) await this.boot.change(off, asItIs, left)
    })
  }

  async soft(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, 'off', async (_, left) => await this.hypervisor.acpiShutdown(id, left))
    if (this.#watch.isOver(id)) void this.#seeOff(id)
  }

  /**
   * Off and on again. `token` names this cycle: what became of it is asked by that. Once the VM may go off it is started again, whatever becomes of
   * `call`, and after a restart of the plugin. Throws OUTCOME_UNKNOWN where the call ended before that.
   */
  async cycle(id: string, token: string, call: Call): Promise<void> {
    await this.#turnOnce(id, call, async (vm, left) => {
      if (isOff(vm.state)) throw new PowerbusError('TARGET_STATE', `VM ${nameOf(vm)} is off: there is nothing to cycle`)
      return () => this.#cycleNow(vm, token, left)
    })
  }

  /** The reset button, once. It cannot change what the VM boots from. */
  async reset(id: string, token: string, call: Call): Promise<void> {
    await this.#turnOnce(id, call, async (_, left) => () => this.#resetNow(id, token, left))
  }

  /** A reset, or where the VM is to boot from somewhere else than it did, off and on: only that changes its boot order. */
  async restart(id: string, token: string, call: Call): Promise<void> {
    await this.#turnOnce(id, call, async (vm, left) => {
      const { pending } = await this.boot.choice(vm, left)
      return () => (pending && !isOff(vm.state) ? this.#cycleNow(vm, token, left) : this.#resetNow(id, token, left))
    })
  }

  /** A diagnostic interrupt, once. Throws CAPABILITY_UNSUPPORTED where the hypervisor has none. */
  async diag(id: string, token: string, call: Call): Promise<void> {
    const { hypervisor } = this
    if (!hypervisor.nmi) throw new PowerbusError('CAPABILITY_UNSUPPORTED', `${hypervisor.name} has no NMI`)
    await this.#turnOnce(
      id,
      call,
      async (_, left) => () => this.#once(id, 'diag', token, async () => await hypervisor.nmi?.(id, left)),
    )
  }

  /** Whether the operation of that name was done. A cycle of a process that ended halfway is finished here. */
  async outcomeOf(token: string, call: Call): Promise<'done' | 'unknown'> {
    const found = await this.#operations.read(token)
    if (found === undefined) return 'unknown'
    // After whatever is under way, which may be that very operation.
    const late = () => new PowerbusError('TARGET_TIMEOUT', `VM ${found.vm} is busy, maybe with that very operation`)
    const look = async () => {
      if (found.operation === 'cycle') await this.#cycles.finish(found.vm, token, call, false)
      return (await this.#operations.read(token))?.phase === 'done' ? 'done' : 'unknown'
    }
    return await this.#options.turns.run(found.vm, look, limitOf(call, late))
  }

  /** Changes what the VM boots from. Whether the order itself is changed already, `boot.choice` says. */
  async changeBoot(id: string, change: BootChange, call: Call): Promise<void> {
    await this.#turn(id, call, 'as it is', async (vm, left) => await this.boot.change(vm, change, left))
  }

  /** For whoever has the VM's turn and will have it off or gone: the VM, settled. No cycle starts it any more. */
  async beforeEnd(id: string, call: Call): Promise<Vm> {
    return await this.#ready(id, call, 'off')
  }

  /** Finishes what an earlier process left half done. Failures are logged. */
  async recover(): Promise<void> {
    await this.#cycles.recover()
  }

  /** Nobody need wait for what a guest takes its time for. */
  async #seeOff(id: string): Promise<void> {
    const call = { signal: this.#options.signal, timeoutMs: SHUTDOWN_MS }
    await waitForVm(this, id, ({ state }) => isOff(state), call).catch(() => {
      // It is looked at again all the same.
    })
  }

  async #look(id: string): Promise<void> {
    const call = { signal: this.#options.signal, timeoutMs: LOOK_TIMEOUT_MS }
    // One that is on keeps its order.
    if (this.#watch.isOver(id) && !canModify(await this.hypervisor.get(id, call))) return
    await this.changeBoot(id, asItIs, call)
  }

  async #start(vm: Vm, call: BootCall): Promise<void> {
    // A saved or paused VM goes on from where it was, and boots nothing.
    const boots = canModify(vm)
    if (boots) await this.boot.change(vm, asItIs, call)
    await this.hypervisor.start(vm.id, call)
    if (boots) this.#options.onStarted?.(vm.id)
    const on = await waitForVm(this.hypervisor, vm.id, (seen) => !isChanging(seen) && !isOff(seen.state), call)
    if (on && boots) await this.boot.change(on, asBooted, call)
  }

  async #cycleNow(vm: Vm, token: string, call: BootCall): Promise<void> {
    await this.boot.change(vm, asItIs, call)
    await this.#cycles.run(vm, token, call)
  }

  async #resetNow(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, 'reset', token, () => this.hypervisor.reset(id, call))
  }

  async #once(id: string, operation: OnceOperation, token: string, work: () => Promise<void>): Promise<void> {
    await this.#operations.write(token, { vm: id, operation, phase: 'begun' })
    await work()
    await this.#operations.write(token, { vm: id, operation, phase: 'done' }).catch((error: unknown) => {
      // It was done, and whoever hears of a failure may do it again.
      this.#options.log.error('what was done to a VM could not be written down', { vm: id, reason: String(error) })
    })
  }

  /**
   * In the VM's turn, when it is neither on its way up nor down. `left` is what is left of the call then. Throws TARGET_BUSY, with nothing done,
   * where that does not come within the call's time.
   */
  async #turn<T>(id: string, call: Call, wish: Wish, work: (vm: Vm, left: BootCall) => Promise<T>): Promise<T> {
    const { signal, timeoutMs } = call
    const askedAtMs = this.dateMs()
    const endMs = systemClock.nowMs() + timeoutMs
    const left = () => ({ signal, askedAtMs, timeoutMs: Math.max(1, endMs - systemClock.nowMs()) })
    const inTurn = async () => work(await this.#ready(id, left(), wish), left())
    return await this.#options.turns.run(
      id,
      inTurn,
      limitOf(call, () => busy(id)),
    )
  }

  /** The VM, settled, with its open cycle finished or given up as is wished. In its turn. Throws TARGET_BUSY. */
  async #ready(id: string, call: BootCall, wish: Wish): Promise<Vm> {
    const endMs = systemClock.nowMs() + call.timeoutMs
    const vm = await settledVm(this.hypervisor, id, call)
    if (wish === 'off') await this.#cycles.giveUpOpen(id)
    const left = { ...call, timeoutMs: Math.max(1, endMs - systemClock.nowMs()) }
    const isNew = wish === 'on' && (await this.#cycles.finishOpen(id, left))
    return isNew ? await settledVm(this.hypervisor, id, left) : vm
  }

  /**
   * What must not be done twice, in the VM's turn: `prepare` does nothing yet, and gives what does. Throws TARGET_BUSY where the call's time is over before
   * that, and then nothing is done; OUTCOME_UNKNOWN after it: it goes on, and what becomes of it is in its record.
   */
  async #turnOnce(
    id: string,
    call: Call,
    prepare: (vm: Vm, left: BootCall) => Promise<() => Promise<void>>,
  ): Promise<void> {
    let isBegun = false
    const over = () =>
      isBegun
        ? new PowerbusError(
            'OUTCOME_UNKNOWN',
            `The command to VM ${id} was begun, and its call ended first: look at the VM`,
          )
        : busy(id)
    await within({ ...call, late: over, aborted: over }, (signal) =>
      this.#turn(id, call, 'on', async (vm, left) => {
        const work = await prepare(vm, left)
        signal.throwIfAborted()
        isBegun = true
        await work()
      }),
    )
  }
}

function busy(id: string): PowerbusError {
  return new PowerbusError('TARGET_BUSY', `VM ${id} is busy with something else`)
}

/** For the wait for a turn: `late` where it does not come in time, or the call is given up for a reason that is not one of ours. */
function limitOf(call: Call, late: () => PowerbusError): Limit {
  return { ...call, late, aborted: (reason) => (reason instanceof PowerbusError ? reason : late()) }
}
