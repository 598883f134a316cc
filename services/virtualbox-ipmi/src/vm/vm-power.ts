import { type Call, type Logger, type OnceOperation, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import type { BootScope } from './boot-changes.ts'
import { type BootCall, BootKeeper } from './boot-keeper.ts'
import { BootWatch } from './boot-watch.ts'
import { OperationJournal } from './operation-journal.ts'
import { canModify, isChanging, nameOf, waitForVm } from './power-state.ts'
import { VmCycles, type VmCyclesOptions } from './vm-cycles.ts'
import type { VmTurns } from './vm-turns.ts'

/** What a piece of work is to lead to. A cycle that was left open is finished before one that wants the VM on, and given up by one that wants it off. */
type Wish = 'on' | 'off' | 'as it is'

/** For a look at a VM that may be busy: it is looked at again. */
const LOOK_TIMEOUT_MS = 10_000
/** How long a guest that was told to shut down is watched closely. */
const SHUTDOWN_MS = 120_000

export interface VmPowerOptions extends Pick<VmCyclesOptions, 'cycleOffMs' | 'unansweredMs' | 'followMs'> {
  readonly hypervisor: Hypervisor
  readonly turns: VmTurns
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

/** What can be done to VMs, for actions and for emulated BMCs alike: one thing at a time per VM, whoever asks. `id`: upper case. */
export class VmPower {
  readonly hypervisor: Hypervisor
  readonly boot: BootKeeper
  readonly #options: VmPowerOptions
  readonly #journal: OperationJournal
  readonly #cycles: VmCycles
  readonly #watch: BootWatch

  constructor(options: VmPowerOptions) {
    const { hypervisor, signal, log, lookMs } = options
    this.hypervisor = hypervisor
    this.#options = options
    const look = (id: string) => this.#look(id)
    this.#watch = new BootWatch({ look, dateMs: () => this.dateMs(), signal, log, ...(lookMs && { lookMs }) })
    this.boot = new BootKeeper({
      hypervisor,
      dateMs: () => this.dateMs(),
      onRecord: (id, record) => this.#watch.note(id, record),
    })
    this.#journal = new OperationJournal(options.state)
    const start = (vm: Vm, call: BootCall) => this.#start(vm, call)
    this.#cycles = new VmCycles({ ...options, journal: this.#journal, start })
  }

  /** Milliseconds since 1970. */
  dateMs(): number {
    return (this.#options.dateMs ?? systemClock.dateMs)()
  }

  /** The VM as the hypervisor sees it now. Where it is off, what waits for that is done soon. */
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
      await this.boot.seen(vm, false, left)
      await this.hypervisor.powerOff(id, left)
      const off = await waitForVm(this.hypervisor, id, ({ state }) => isOff(state), left)
      if (off) await this.boot.seen(off, false, left)
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
    await this.#turnOnce(id, call, async (vm, left, begin) => {
      if (isOff(vm.state)) throw new PowerbusError('TARGET_STATE', `VM ${nameOf(vm)} is off: there is nothing to cycle`)
      begin()
      await this.#cycleNow(vm, token, left)
    })
  }

  /** The reset button, once. It cannot change what the VM boots from. */
  async reset(id: string, token: string, call: Call): Promise<void> {
    await this.#turnOnce(id, call, async (_, left, begin) => {
      begin()
      await this.#resetNow(id, token, left)
    })
  }

  /** A reset, or where the VM is to boot from somewhere else than it did, off and on: only that changes its boot order. */
  async restart(id: string, token: string, call: Call): Promise<void> {
    await this.#turnOnce(id, call, async (vm, left, begin) => {
      const { pending } = await this.boot.choice(vm, left)
      begin()
      if (pending && !isOff(vm.state)) await this.#cycleNow(vm, token, left)
      else await this.#resetNow(id, token, left)
    })
  }

  /** A diagnostic interrupt, once. Throws CAPABILITY_UNSUPPORTED where the hypervisor has none. */
  async diag(id: string, token: string, call: Call): Promise<void> {
    const { hypervisor } = this
    if (!hypervisor.nmi) throw new PowerbusError('CAPABILITY_UNSUPPORTED', `${hypervisor.name} has no NMI`)
    await this.#turnOnce(id, call, async (_, left, begin) => {
      begin()
      await this.#once(id, 'diag', token, async () => await hypervisor.nmi?.(id, left))
    })
  }

  /** Whether the operation of that name was done. A cycle of a process that ended halfway is finished here. */
  async outcomeOf(token: string, call: Call): Promise<'done' | 'unknown'> {
    const found = await this.#journal.read(token)
    if (found === undefined) return 'unknown'
    // After whatever is under way, which may be that very operation.
    const late = () => new PowerbusError('TARGET_TIMEOUT', `VM ${found.vm} is busy, maybe with that very operation`)
    return await this.#options.turns.run(
      found.vm,
      async () => {
        if (found.operation === 'cycle') await this.#cycles.finish(found.vm, token, call, false)
        return (await this.#journal.read(token))?.phase === 'done' ? 'done' : 'unknown'
      },
      { call, late },
    )
  }

  /** Has the VM boot from there. Whether the order itself is changed already, `boot.choice` says. */
  async setBoot(
    id: string,
    override: Parameters<BootKeeper['set']>[1],
    persistent: boolean,
    call: Call,
  ): Promise<void> {
    const set = async (vm: Vm, left: BootCall) => await this.boot.set(vm, override, persistent, left)
    await this.#turn(id, call, 'as it is', set)
  }

  async clearBoot(id: string, scope: BootScope, call: Call): Promise<void> {
    await this.#turn(id, call, 'as it is', async (vm, left) => await this.boot.clear(vm, scope, left))
  }

  /** What boot flags of a BMC have set ends then (milliseconds since 1970), or no longer by itself. */
  async prolongBoot(id: string, endsAtMs: number | undefined, call: Call): Promise<void> {
    await this.#turn(id, call, 'as it is', async (vm, left) => await this.boot.prolong(vm, endsAtMs, left))
  }

  /** In the VM's turn, work that has the VM off or gone in the end. */
  async inTurn<T>(id: string, call: Call, work: (vm: Vm) => Promise<T>): Promise<T> {
    return await this.#turn(id, call, 'off', work)
  }

  /** Finishes what an earlier process left half done. Failures are logged. */
  async recover(): Promise<void> {
    await this.#cycles.recover()
  }

  /** What was asked for has ended. */
  async idle(): Promise<void> {
    await this.#options.turns.idle()
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
    await this.#turn(id, call, 'as it is', async (vm, left) => await this.boot.seen(vm, false, left))
  }

  async #start(vm: Vm, call: BootCall): Promise<void> {
    // A saved or paused VM goes on from where it was, and boots nothing.
    const resumed = !canModify(vm)
    await this.boot.beforeStart(vm, call)
    await this.hypervisor.start(vm.id, call)
    if (!resumed) this.#options.onStarted?.(vm.id)
    const on = await waitForVm(this.hypervisor, vm.id, (seen) => !isChanging(seen) && !isOff(seen.state), call)
    if (on && !resumed) await this.boot.seen(on, true, call)
  }

  async #cycleNow(vm: Vm, token: string, call: BootCall): Promise<void> {
    await this.boot.seen(vm, false, call)
    await this.#cycles.run(vm, token, call)
  }

  async #resetNow(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, 'reset', token, () => this.hypervisor.reset(id, call))
  }

  async #once(id: string, operation: OnceOperation, token: string, work: () => Promise<void>): Promise<void> {
    await this.#journal.write(token, { vm: id, operation, phase: 'begun' })
    await work()
    await this.#journal.write(token, { vm: id, operation, phase: 'done' }).catch((error: unknown) => {
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
    const inTurn = async () => {
      const vm = await this.#settled(id, left())
      if (wish === 'off') await this.#cycles.giveUpOpen(id)
      const isNew = wish === 'on' && (await this.#cycles.finishOpen(id, left()))
      return await work(isNew ? await this.#settled(id, left()) : vm, left())
    }
    return await this.#options.turns.run(id, inTurn, { call, late: () => busy(id) })
  }

  async #settled(id: string, call: Call): Promise<Vm> {
    const vm = await waitForVm(this.hypervisor, id, (seen) => !isChanging(seen), call)
    if (vm) return vm
    throw new PowerbusError('TARGET_BUSY', `VM ${id} is locked, or on its way from one state to another`)
  }

  /**
   * What must not be done twice, in the VM's turn: `work` calls `begin` before it does anything. Throws TARGET_BUSY where the call's time is over before
   * that, and then nothing is done; OUTCOME_UNKNOWN after it: `work` goes on, and what becomes of it is in the journal.
   */
  async #turnOnce(
    id: string,
    call: Call,
    work: (vm: Vm, left: BootCall, begin: () => void) => Promise<void>,
  ): Promise<void> {
    let begun = false
    const over = new AbortController()
    const begin = () => {
      if (over.signal.aborted) throw busy(id)
      begun = true
    }
    const whole = this.#turn(id, call, 'on', (vm, left) => work(vm, left, begin))
    await unlessGivenUp(whole, call, () => {
      over.abort()
      return begun
        ? new PowerbusError('OUTCOME_UNKNOWN', `VM ${id} was told so, and nobody waited for the end`)
        : busy(id)
    })
  }
}

function busy(id: string): PowerbusError {
  return new PowerbusError('TARGET_BUSY', `VM ${id} is busy with something else`)
}

/** The work's end, unless the call's time is over or it is given up before that: `reason` is thrown then, and the work goes on. */
function unlessGivenUp(work: Promise<void>, { signal, timeoutMs }: Call, reason: () => PowerbusError): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(reason())
    const timer = setTimeout(leave, timeoutMs)
    signal.addEventListener('abort', leave, { once: true })
    void work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    })
  })
}
