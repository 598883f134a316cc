import { type Call, type Clock, type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { KeyedQueue } from '@powerbus/turns'
import { hasCode, unlessUnknown } from '../hypervisor/failure.ts'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import type { BootCall } from './boot-keeper.ts'
import { isOpenCycle, type OperationRecords } from './operation-records.ts'
import { isChanging, nameOf, waitForVm } from './power-state.ts'
import { tryAgain } from './try-again.ts'

/** Limit of the second half of a cycle, which is finished without its caller if need be. */
const SECOND_HALF_MS = 60_000
/** How long a cycle leaves a VM off, so that a poll sees it off. */
const CYCLE_OFF_MS = 1000
/** How long a VM whose power off had no answer is waited for in its turn. */
const UNANSWERED_MS = 5000
/** How long such a VM, or one of an earlier process, is waited for outside of its turn. */
const FOLLOW_MS = 60_000

export interface VmCyclesOptions {
  readonly hypervisor: Hypervisor
  readonly clock: Clock
  readonly turns: KeyedQueue
  readonly operations: OperationRecords
  /** Starts a VM that is off. */
  readonly start: (vm: Vm, call: BootCall) => Promise<void>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
}

/**
 * Off and on again as one operation. Once the VM may go off it is started again, even if the call, the store or this
 * process fails. All methods but `recover` are called in the VM's turn.
 */
export class VmCycles {
  readonly #options: VmCyclesOptions

  constructor(options: VmCyclesOptions) {
    this.#options = options
  }

  /** `token` names this cycle. `call` limits the first half only, since a VM must not stay off. */
  async run(vm: Vm, token: string, call: BootCall): Promise<void> {
    const { operations, signal, clock } = this.#options
    await this.giveUpOpen(vm.id)
    await operations.cycleBegins(vm.id, token)
    const waitMs = await this.#switchOff(vm, token, call)
    try {
      await this.#untilOff(vm.id, { signal, timeoutMs: waitMs })
    } catch (cause) {
      if (signal.aborted) throw cause
      void this.#follow(vm.id, token)
      const text = `The power off was sent to VM ${nameOf(vm)}, which was not seen off; check the VM before repeating`
      throw new PowerbusError('OUTCOME_UNKNOWN', text, { cause })
    }
    await this.#note(vm.id, operations.write(token, { vm: vm.id, operation: 'cycle', phase: 'off' }))
    await clock.sleep(CYCLE_OFF_MS, signal)
    try {
      await this.#startAgain(vm.id, { ...call, ...this.#ownCall() })
    } catch (error) {
      // A failed start is reported to the caller, and so it is not repeated after a restart of the plugin.
      if (!signal.aborted) await this.#note(vm.id, operations.cycleEnded(vm.id, token, 'failed'))
      throw error
    }
    await this.#note(vm.id, operations.cycleEnded(vm.id, token, 'done'))
  }

  /** Finishes the VM's open cycle: starts the VM if it is off. Returns whether the VM may have changed. */
  async finishOpen(id: string, call: BootCall): Promise<boolean> {
    const token = await this.#openCycle(id)
    return token !== undefined && (await this.finish(id, token, call, false))
  }

  /** Ends the VM's open cycle as failed, so that it does not start the VM any more. */
  async giveUpOpen(id: string): Promise<void> {
    const token = await this.#openCycle(id)
    if (token !== undefined) await this.#options.operations.cycleEnded(id, token, 'failed')
  }

  /**
   * Finishes a cycle that was cut off, as the VM's state demands. Returns whether the cycle has ended. It has not while
   * the VM may still go off; with `isLast`, a cycle whose VM is still on ends as failed.
   */
  async finish(id: string, token: string, call: BootCall, isLast: boolean): Promise<boolean> {
    const { operations, log } = this.#options
    const record = await operations.read(token)
    if (record === undefined) log.warn('an open power cycle has no record; it is given up', { vm: id })
    if (record === undefined || !isOpenCycle(record)) {
      await operations.forgetCycle(id, token)
      return true
    }
    const vm = await unlessUnknown(this.#options.hypervisor.get(id, call))
    if (vm && (isChanging(vm) || vm.state === 'inaccessible')) return false
    if (vm && isOff(vm.state)) await this.#startAgain(id, call)
    else if (vm && record.phase === 'begun') {
      if (!isLast) return false
      log.warn('a power cycle was cut off, and its VM did not go off', { vm: id })
      await operations.cycleEnded(id, token, 'failed')
      return true
    }
    await operations.cycleEnded(id, token, vm ? 'done' : 'failed')
    return true
  }

  /**
   * Finishes the cycles that an earlier process left open. Logs failures. Does not wait for VMs that may still go off.
   */
  async recover(): Promise<void> {
    const unfinished = await this.#options.operations.unfinished()
    await Promise.all(
      unfinished.map(async ({ vm, token }) => {
        if (!(await this.#finishInTurn(vm, token, false))) void this.#follow(vm, token)
      }),
    )
  }

  /**
   * Sends the power off. Returns how many milliseconds to wait for it. Throws a refusal, after which nothing was done.
   */
  async #switchOff(vm: Vm, token: string, call: Call): Promise<number> {
    const { hypervisor, operations, log } = this.#options
    try {
      await hypervisor.powerOff(vm.id, call)
      return SECOND_HALF_MS
    } catch (error) {
      if (!hasCode(error, 'TARGET_BUSY', 'TARGET_STATE', 'OBJECT_UNKNOWN', 'AUTH_FAILED')) {
        log.warn('the power off of a cycle had no answer; the VM may go off', { vm: nameOf(vm), reason: String(error) })
        return UNANSWERED_MS
      }
      const now = await hypervisor.get(vm.id, this.#ownCall()).catch(() => undefined)
      // The VM went off by itself, and the cycle is to leave it on.
      if (now && isOff(now.state)) return UNANSWERED_MS
      await operations.cycleEnded(vm.id, token, 'failed')
      throw error
    }
  }

  /** Waits until the VM is off, across reads that fail for a moment. Throws TARGET_TIMEOUT where it stays on. */
  async #untilOff(id: string, call: Call): Promise<void> {
    const wait = async (left: Call) => {
      if (await waitForVm(this.#options, id, ({ state }) => isOff(state), left)) return
      throw new PowerbusError('TARGET_TIMEOUT', `VM ${id} did not go off`)
    }
    await tryAgain(call, ({ retry }) => retry, wait, this.#options.clock)
  }

  /** Repeats the start until the time is over. Throws its last failure, and at once one that will not pass. */
  async #startAgain(id: string, call: BootCall): Promise<void> {
    const { hypervisor, start, clock } = this.#options
    const passes = ({ retry, code }: PowerbusError) => retry && code !== 'TARGET_UNREACHABLE'
    const startIfOff = async () => {
      const vm = await hypervisor.get(id, call)
      if (isOff(vm.state)) await start(vm, call)
    }
    await tryAgain(call, passes, startIfOff, clock)
  }

  /** Waits outside of the VM's turn, so that other work may come between and end the cycle. */
  async #follow(id: string, token: string): Promise<void> {
    await this.#untilOff(id, { signal: this.#options.signal, timeoutMs: FOLLOW_MS }).catch(() => {
      // The VM is read again next, and a failure of that is logged.
    })
    const isEnded = await this.#finishInTurn(id, token, true)
    if (!isEnded)
      this.#options.log.error('the VM of an open power cycle is still going off; it is given up', { vm: id })
  }

  /** Returns whether nothing is left to do. */
  async #finishInTurn(id: string, token: string, isLast: boolean): Promise<boolean> {
    const { turns, signal, log } = this.#options
    try {
      return await turns.run(id, () => this.finish(id, token, this.#ownCall(), isLast))
    } catch (error) {
      if (!signal.aborted) log.error('a power cycle could not be finished', { vm: id, reason: String(error) })
      return true
    }
  }

  /** A store that fails does not keep a VM from being powered. */
  async #openCycle(id: string): Promise<string | undefined> {
    return await this.#options.operations.cycleOf(id).catch((error: unknown) => {
      this.#options.log.error('the open power cycle of a VM could not be read', { vm: id, reason: String(error) })
      return undefined
    })
  }

  /**
   * A store that fails does not keep the VM from being started: `finish` derives a missing record from the VM's state.
   */
  async #note(id: string, written: Promise<void>): Promise<void> {
    await written.catch((error: unknown) =>
      this.#options.log.error('the record of a power cycle was not written', { vm: id, reason: String(error) }),
    )
  }

  #ownCall(): Call {
    return { signal: this.#options.signal, timeoutMs: SECOND_HALF_MS }
  }
}
