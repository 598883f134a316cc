import { type Call, type Logger, type OnceOperation, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import { BootKeeper } from './boot-keeper.ts'
import { OperationJournal } from './operation-journal.ts'
import { canModify, isChanging, nameOf, waitForVm } from './power-state.ts'
import type { VmTurns } from './vm-turns.ts'

/** For the second half of a cycle, which is finished whether or not anybody waits for it. */
const SECOND_HALF_MS = 60_000
/** How long a cycle leaves a VM off: long enough to be seen by whoever polls. */
const CYCLE_OFF_MS = 1000
const RETRY_MS = 500

export interface VmPowerOptions {
  readonly hypervisor: Hypervisor
  readonly turns: VmTurns
  /** Keeps what must outlive this process. */
  readonly state: () => Promise<Store>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** A VM was started, by whomever of this plugin. Must not throw. */
  readonly onStarted?: (id: string) => void
  /** How long a cycle leaves a VM off, in milliseconds; 1000 where absent. */
  readonly cycleOffMs?: number
}

/** What can be done to VMs, for actions and for emulated BMCs alike: one thing at a time per VM, whoever asks. `id`: upper case. */
export class VmPower {
  readonly hypervisor: Hypervisor
  readonly boot: BootKeeper
  readonly #options: VmPowerOptions
  readonly #journal: OperationJournal

  constructor(options: VmPowerOptions) {
    this.hypervisor = options.hypervisor
    this.boot = new BootKeeper(options.hypervisor)
    this.#options = options
    this.#journal = new OperationJournal(options.state)
  }

  async on(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, async (vm) => {
      // A paused one goes on.
      if (isOff(vm.state) || vm.state === 'paused') await this.#start(vm, call)
    })
  }

  async off(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, async (vm) => {
      if (isOff(vm.state)) return
      await this.boot.seen(vm, false, call)
      await this.hypervisor.powerOff(id, call)
      const off = await waitForVm(this.hypervisor, id, ({ state }) => isOff(state), call)
      if (off) await this.boot.seen(off, false, call)
    })
  }

  async soft(id: string, call: Call): Promise<void> {
    await this.#turn(id, call, async () => await this.hypervisor.acpiShutdown(id, call))
  }

  /**
   * Off and on again. `token` names this cycle: what became of it is asked by that. Once the VM is off it is started again, whatever becomes of
   * `call`, and after a restart of the plugin. Throws OUTCOME_UNKNOWN where the call ended before that.
   */
  async cycle(id: string, token: string, call: Call): Promise<void> {
    let begun = false
    const whole = this.#turn(id, call, async (vm) => {
      if (isOff(vm.state)) throw new PowerbusError('TARGET_STATE', `VM ${nameOf(vm)} is off: there is nothing to cycle`)
      if (call.signal.aborted) throw new PowerbusError('DEADLINE_EXCEEDED', `VM ${id}: given up before its turn`)
      begun = true
      await this.#cycleNow(vm, token, call)
    })
    await unlessGivenUp(whole, call.signal, () =>
      begun
        ? new PowerbusError('OUTCOME_UNKNOWN', `VM ${id} is being cycled, and nobody waited for the end`)
        : new PowerbusError('TARGET_BUSY', `VM ${id} is busy with something else`),
    )
  }

  /** The reset button, once. It cannot change what the VM boots from. */
  async reset(id: string, token: string, call: Call): Promise<void> {
    await this.#turn(id, call, () => this.#resetNow(id, token, call))
  }

  /** A reset, or where the VM is to boot from somewhere else than it did, off and on: only that changes its boot order. */
  async restart(id: string, token: string, call: Call): Promise<void> {
    await this.#turn(id, call, async (vm) => {
      const { pending } = await this.boot.choice(vm, call)
      if (pending && !isOff(vm.state)) await this.#cycleNow(vm, token, call)
      else await this.#resetNow(id, token, call)
    })
  }

  /** A diagnostic interrupt, once. Throws CAPABILITY_UNSUPPORTED where the hypervisor has none. */
  async diag(id: string, token: string, call: Call): Promise<void> {
    const { hypervisor } = this
    if (!hypervisor.nmi) throw new PowerbusError('CAPABILITY_UNSUPPORTED', `${hypervisor.name} has no NMI`)
    const nmi = async () => await hypervisor.nmi?.(id, call)
    await this.#turn(id, call, () => this.#once(id, 'diag', token, nmi))
  }

  /** Whether the operation of that name was done. A cycle of a process that ended halfway is finished here. */
  async outcomeOf(token: string, call: Call): Promise<'done' | 'unknown'> {
    const found = await this.#journal.read(token)
    if (found === undefined) return 'unknown'
    // After whatever is under way, which may be that very operation.
    return await this.#turn(found.vm, call, async () => {
      const now = await this.#journal.read(token)
      if (now?.operation === 'cycle') await this.#finish(found.vm, token)
      return (await this.#journal.read(token))?.phase === 'done' ? 'done' : 'unknown'
    })
  }

  /** Has the VM boot from there. Whether the order itself is changed already, `boot.choice` says. */
  async setBoot(
    id: string,
    override: Parameters<BootKeeper['set']>[1],
    persistent: boolean,
    call: Call,
  ): Promise<void> {
    await this.#turn(id, call, async (vm) => await this.boot.set(vm, override, persistent, call))
  }

  async clearBoot(id: string, all: boolean, call: Call): Promise<void> {
    await this.#turn(id, call, async (vm) => await this.boot.clear(vm, all, call))
  }

  /** Runs other work in the VM's turn. */
  async inTurn<T>(id: string, call: Call, work: (vm: Vm) => Promise<T>): Promise<T> {
    return await this.#turn(id, call, work)
  }

  /** Finishes what an earlier process left half done. Failures are logged. */
  async recover(): Promise<void> {
    const { log, turns } = this.#options
    for (const { vm, token } of await this.#journal.unfinished()) {
      await turns
        .run(vm, () => this.#finish(vm, token))
        .catch((error: unknown) => log.error('a power cycle could not be finished', { vm, reason: String(error) }))
    }
  }

  /** What was asked for has ended. */
  async idle(): Promise<void> {
    await this.#options.turns.idle()
  }

  async #start(vm: Vm, call: Call): Promise<void> {
    // A saved or paused VM goes on from where it was, and boots nothing.
    const resumed = !canModify(vm)
    await this.boot.beforeStart(vm, call)
    await this.hypervisor.start(vm.id, call)
    if (!resumed) this.#options.onStarted?.(vm.id)
    const on = await waitForVm(this.hypervisor, vm.id, (seen) => !isChanging(seen) && !isOff(seen.state), call)
    if (on && !resumed) await this.boot.seen(on, true, call)
  }

  async #firstHalf(vm: Vm, token: string, call: Call): Promise<void> {
    try {
      await this.hypervisor.powerOff(vm.id, call)
    } catch (error) {
      const after = await this.hypervisor.get(vm.id, this.#ownCall()).catch(() => undefined)
      if (!after || isOff(after.state)) {
        if (after) return
        throw new PowerbusError('OUTCOME_UNKNOWN', `VM ${nameOf(vm)} may have been switched off`, { cause: error })
      }
      // A refusal changed nothing; an answer that did not come may mean that the VM still goes off.
      const mayHappen = error instanceof PowerbusError && ['TARGET_TIMEOUT', 'DEADLINE_EXCEEDED'].includes(error.code)
      if (!mayHappen) {
        await this.#journal.cycleEnded(vm.id)
        throw error
      }
      throw new PowerbusError('OUTCOME_UNKNOWN', `VM ${nameOf(vm)} was told to go off, and did not answer`, {
        cause: error,
      })
    }
    await this.#journal.write(token, { vm: vm.id, operation: 'cycle', phase: 'off' })
  }

  /** Not tied to the call: nobody is helped by a VM that stays off. What fails for good is not tried again after a restart. */
  async #secondHalf(id: string, token: string): Promise<void> {
    try {
      await this.#offAndOn(id)
      await this.#journal.write(token, { vm: id, operation: 'cycle', phase: 'done' })
    } catch (error) {
      if (this.#options.signal.aborted) throw error
      await this.#journal.write(token, { vm: id, operation: 'cycle', phase: 'failed' })
      await this.#journal.cycleEnded(id)
      throw error
    }
    await this.#journal.cycleEnded(id)
  }

  async #offAndOn(id: string): Promise<void> {
    const call = this.#ownCall()
    const off = await waitForVm(this.hypervisor, id, ({ state }) => isOff(state), call)
    if (!off) throw new PowerbusError('TARGET_TIMEOUT', `VM ${id} did not go off`)
    await systemClock.sleep(this.#options.cycleOffMs ?? CYCLE_OFF_MS, call.signal)
    await this.#startAgain(id, call)
  }

  /** A start may be repeated. Throws the last failure when the time is over, and at once one that does not pass. */
  async #startAgain(id: string, call: Call): Promise<void> {
    const endMs = systemClock.nowMs() + call.timeoutMs
    for (;;) {
      try {
        const vm = await this.hypervisor.get(id, call)
        if (isOff(vm.state)) await this.#start(vm, call)
        return
      } catch (error) {
        const passes = error instanceof PowerbusError && error.retry && error.code !== 'TARGET_UNREACHABLE'
        if (!passes || systemClock.nowMs() + RETRY_MS > endMs) throw error
        await systemClock.sleep(RETRY_MS, call.signal)
      }
    }
  }

  /** In the VM's turn: nothing is under way, so a cycle that is not done was left by a process that ended. */
  async #finish(id: string, token: string): Promise<void> {
    const record = await this.#journal.read(token)
    const call = this.#ownCall()
    const vm = await this.hypervisor.get(id, call).catch((error: unknown) => {
      if (error instanceof PowerbusError && error.code === 'OBJECT_UNKNOWN') return undefined
      throw error
    })
    const isCutOff = record?.phase === 'off' || record?.phase === 'begun'
    if (vm && isCutOff && (record.phase === 'off' || isOff(vm.state))) {
      await this.#startAgain(id, call)
      await this.#journal.write(token, { ...record, phase: 'done' })
    }
    await this.#journal.cycleEnded(id)
  }

  async #cycleNow(vm: Vm, token: string, call: Call): Promise<void> {
    await this.boot.seen(vm, false, call)
    await this.#journal.write(token, { vm: vm.id, operation: 'cycle', phase: 'begun' })
    await this.#journal.cycleBegins(vm.id, token)
    await this.#firstHalf(vm, token, call)
    await this.#secondHalf(vm.id, token)
  }

  async #resetNow(id: string, token: string, call: Call): Promise<void> {
    await this.#once(id, 'reset', token, () => this.hypervisor.reset(id, call))
  }

  async #once(id: string, operation: OnceOperation, token: string, work: () => Promise<void>): Promise<void> {
    await this.#journal.write(token, { vm: id, operation, phase: 'begun' })
    await work()
    await this.#journal.write(token, { vm: id, operation, phase: 'done' })
  }

  /** In the VM's turn, when it is neither on its way up nor down. What was given up before its turn is not done. */
  async #turn<T>(id: string, call: Call, work: (vm: Vm) => Promise<T>): Promise<T> {
    return await this.#options.turns.run(id, async () => {
      if (call.signal.aborted) throw new PowerbusError('DEADLINE_EXCEEDED', `VM ${id}: given up before its turn`)
      const vm = await waitForVm(this.hypervisor, id, (seen) => !isChanging(seen), call)
      if (!vm) throw new PowerbusError('TARGET_BUSY', `VM ${id} is locked, or on its way from one state to another`)
      return await work(vm)
    })
  }

  #ownCall(): Call {
    return { signal: this.#options.signal, timeoutMs: SECOND_HALF_MS }
  }
}

/** What is under way goes on when nobody waits for it any more; what becomes of it then is in the journal. */
function unlessGivenUp(work: Promise<void>, signal: AbortSignal, reason: () => PowerbusError): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(reason())
    signal.addEventListener('abort', leave, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
