import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { hasCode, unlessUnknown } from '../hypervisor/failure.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import type { BootCall } from './boot-keeper.ts'
import { isOpenCycle, type OperationPhase, type OperationRecords } from './operation-records.ts'
import { isChanging, nameOf, settledVm, waitForVm } from './power-state.ts'
import { tryAgain } from './try-again.ts'
import type { VmContext } from './vm-context.ts'

/** Limit of the second half of a cycle, which is finished without its caller if need be. */
const SECOND_HALF_MS = 60_000
/** How long a cycle leaves a VM off, so that a poll sees it off. */
const CYCLE_OFF_MS = 1000
/** How long a VM whose power off had no answer is waited for in its turn. */
const UNANSWERED_MS = 5000
/** How long such a VM, or one of an earlier process, is waited for outside of its turn. */
const FOLLOW_MS = 60_000

/**
 * Off and on again as one operation. Once the VM may go off it is started again, even if the call, the store or this
 * process fails. All methods but `recover` are called in the VM's turn.
 */
export class VmCycles {
  readonly #context: VmContext
  readonly #operations: OperationRecords
  readonly #start: (vm: Vm, call: BootCall) => Promise<void>

  /** `start` starts a VM that is off. */
  constructor(context: VmContext, operations: OperationRecords, start: (vm: Vm, call: BootCall) => Promise<void>) {
    this.#context = context
    this.#operations = operations
    this.#start = start
  }

  /** `token` names this cycle. `call` limits the first half only, since a VM must not stay off. */
  async run(vm: Vm, token: string, call: BootCall): Promise<void> {
    const { signal, clock } = this.#context
    const operations = this.#operations
    const record = (phase: OperationPhase) => ({ vm: vm.id, operation: 'cycle', phase }) as const
    await this.giveUpOpen(vm.id)
    await operations.write(token, record('begun'))
    const isOffNow = await this.#goesOff(vm.id, await this.#switchOff(vm, token, call))
    signal.throwIfAborted()
    if (!isOffNow) {
      void this.#follow(vm.id, token)
      const text = `The power off was sent to VM ${nameOf(vm)}, which was not seen off; check the VM before repeating`
      throw new PowerbusError('OUTCOME_UNKNOWN', text)
    }
    await operations.note(token, record('off'))
    await clock.sleep(CYCLE_OFF_MS, signal)
    try {
      await this.#startAgain(vm.id, { ...call, ...this.#ownCall() })
    } catch (error) {
      // A failed start is reported to the caller, and so it is not repeated after a restart of the plugin.
      if (!signal.aborted) await operations.note(token, record('failed'))
      throw error
    }
    await operations.note(token, record('done'))
  }

  /** Finishes the VM's open cycle: starts the VM if it is off. Returns the VM as it is then. */
  async finishOpen(vm: Vm, call: BootCall): Promise<Vm> {
    const token = await this.#operations.openCycle(vm.id)
    const isEnded = token !== undefined && (await this.finish(vm.id, token, call, false))
    return isEnded ? await settledVm(this.#context, vm.id, call) : vm
  }

  /** Ends the VM's open cycle as failed, so that it does not start the VM any more. */
  async giveUpOpen(vm: string): Promise<void> {
    const token = await this.#operations.openCycle(vm)
    if (token !== undefined) await this.#operations.write(token, { vm, operation: 'cycle', phase: 'failed' })
  }

  /**
   * Finishes a cycle that was cut off, as the VM's state demands. Returns whether the cycle has ended. It has not while
   * the VM may still go off; with `isLast`, a cycle whose VM is still on ends as failed.
   */
  async finish(id: string, token: string, call: BootCall, isLast: boolean): Promise<boolean> {
    const { log, hypervisor } = this.#context
    const record = await this.#operations.read(token)
    if (record === undefined) log.warn('an open power cycle has no record; it is given up', { vm: id })
    if (record === undefined || !isOpenCycle(record)) {
      await this.#operations.forgetCycle(id, token)
      return true
    }
    const vm = await unlessUnknown(hypervisor.get(id, call))
    if (vm && (isChanging(vm) || vm.state === 'inaccessible')) return false
    const stayedOn = vm && !isOff(vm.state) && record.phase === 'begun'
    if (stayedOn && !isLast) return false
    if (stayedOn) log.warn('a power cycle was cut off, and its VM did not go off', { vm: id })
    if (vm && isOff(vm.state)) await this.#startAgain(id, call)
    await this.#operations.write(token, { ...record, phase: vm && !stayedOn ? 'done' : 'failed' })
    return true
  }

  /**
   * Finishes the cycles that an earlier process left open. Logs failures. Does not wait for VMs that may still go off.
   */
  async recover(): Promise<void> {
    const open = await this.#operations.openCycles()
    await Promise.all(
      open.map(async ({ vm, token }) => {
        if (!(await this.#finishInTurn(vm, token, false))) void this.#follow(vm, token)
      }),
    )
  }

  /**
   * Sends the power off. Returns how many milliseconds to wait for it. Throws a refusal, after which nothing was done.
   */
  async #switchOff(vm: Vm, token: string, call: Call): Promise<number> {
    const { hypervisor, log } = this.#context
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
      await this.#operations.write(token, { vm: vm.id, operation: 'cycle', phase: 'failed' })
      throw error
    }
  }

  /** Whether the VM is seen off in that time, across reads that fail for a moment. */
  async #goesOff(id: string, timeoutMs: number): Promise<boolean> {
    const call = { signal: this.#context.signal, timeoutMs }
    const off = waitForVm(
      this.#context,
      id,
      ({ state }) => isOff(state),
      call,
      ({ retry }) => retry,
    )
    return (await off.catch(() => undefined)) !== undefined
  }

  /** Repeats the start until the time is over. Throws its last failure, and at once one that will not pass. */
  async #startAgain(id: string, call: BootCall): Promise<void> {
    const { hypervisor, clock } = this.#context
    const passes = ({ retry, code }: PowerbusError) => retry && code !== 'TARGET_UNREACHABLE'
    const startIfOff = async () => {
      const vm = await hypervisor.get(id, call)
      if (isOff(vm.state)) await this.#start(vm, call)
    }
    await tryAgain(call, passes, startIfOff, clock)
  }

  /** Waits outside of the VM's turn, so that other work may come between and end the cycle. */
  async #follow(id: string, token: string): Promise<void> {
    await this.#goesOff(id, FOLLOW_MS)
    if (!(await this.#finishInTurn(id, token, true)))
      this.#context.log.error('the VM of an open power cycle is still going off; it is given up', { vm: id })
  }

  /** Returns whether nothing is left to do. */
  async #finishInTurn(id: string, token: string, isLast: boolean): Promise<boolean> {
    const { turns, signal, log } = this.#context
    try {
      return await turns.run(id, () => this.finish(id, token, this.#ownCall(), isLast))
    } catch (error) {
      if (!signal.aborted) log.error('a power cycle could not be finished', { vm: id, reason: String(error) })
      return true
    }
  }

  #ownCall(): Call {
    return { signal: this.#context.signal, timeoutMs: SECOND_HALF_MS }
  }
}
