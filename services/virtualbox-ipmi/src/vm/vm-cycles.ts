import { type Call, type Logger, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { KeyedQueue } from '@powerbus/turns'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
import type { BootCall } from './boot-keeper.ts'
import { isOpenCycle, type OperationRecords } from './operation-records.ts'
import { findVm, isChanging, nameOf, waitForVm } from './power-state.ts'
import { tryAgain } from './try-again.ts'

/** For the second half of a cycle, which is finished whether or not anybody waits for it. */
const SECOND_HALF_MS = 60_000
/** How long a cycle leaves a VM off: long enough to be seen by whoever polls. */
const CYCLE_OFF_MS = 1000
/** How long a VM that was told to go off and did not say that it will is waited for in its turn, which others may want. */
const UNANSWERED_MS = 5000
/** How long a VM is given to go off after somebody waited for it in vain, or a process ended that did. */
const FOLLOW_MS = 60_000

/** After these nothing was done; after any other failure of a power off the VM may still go off. */
const refusals: ReadonlySet<string> = new Set(['TARGET_BUSY', 'TARGET_STATE', 'OBJECT_UNKNOWN', 'AUTH_FAILED'])

export interface VmCyclesOptions {
  readonly hypervisor: Hypervisor
  readonly turns: KeyedQueue
  readonly operations: OperationRecords
  /** Starts a VM that is off. */
  readonly start: (vm: Vm, call: BootCall) => Promise<void>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** How long a cycle leaves a VM off, in milliseconds; 1000 where absent. */
  readonly cycleOffMs?: number
  /** How long a VM that did not answer keeps its turn, in milliseconds; 5000 where absent. */
  readonly unansweredMs?: number
  /** How long a VM is given to go off after all, in milliseconds; 60 000 where absent. */
  readonly followMs?: number
}

/**
 * Off and on again as one operation: from the moment in which a VM may go off it is started again, whatever becomes of whoever asked, of the
 * operations, and of this process. All but `recover` is called in the VM's turn.
 */
export class VmCycles {
  readonly #options: VmCyclesOptions

  constructor(options: VmCyclesOptions) {
    this.#options = options
  }

  /** `token` names this cycle. `call` is that of the first half; nobody is helped by a VM that stays off. */
  async run(vm: Vm, token: string, call: BootCall): Promise<void> {
    const { operations, signal } = this.#options
    await this.giveUpOpen(vm.id)
    await operations.cycleBegins(vm.id, token)
    const waitMs = await this.#switchOff(vm, token, call)
    try {
      await this.#untilOff(vm.id, { signal, timeoutMs: waitMs })
    } catch (cause) {
      if (signal.aborted) throw cause
      void this.#follow(vm.id, token)
      throw new PowerbusError('OUTCOME_UNKNOWN', `VM ${nameOf(vm)} was told to go off, and was not seen off`, { cause })
    }
    await this.#note(vm.id, operations.write(token, { vm: vm.id, operation: 'cycle', phase: 'off' }))
    await systemClock.sleep(this.#options.cycleOffMs ?? CYCLE_OFF_MS, signal)
    try {
      await this.#startAgain(vm.id, { ...call, ...this.#ownCall() })
    } catch (error) {
      // What fails for good is not tried again after a restart.
      if (!signal.aborted) await this.#note(vm.id, operations.cycleEnded(vm.id, token, 'failed'))
      throw error
    }
    await this.#note(vm.id, operations.cycleEnded(vm.id, token, 'done'))
  }

  /** What was left open is finished: the VM is started if it is off. Gives whether the VM may be another now. */
  async finishOpen(id: string, call: BootCall): Promise<boolean> {
    const token = await this.#openCycle(id)
    return token !== undefined && (await this.finish(id, token, call, false))
  }

  /** The VM is to be off: what was left open does not start it any more. */
  async giveUpOpen(id: string): Promise<void> {
    const token = await this.#openCycle(id)
    if (token !== undefined) await this.#options.operations.cycleEnded(id, token, 'failed')
  }

  /**
   * A cycle that was cut off, as far as what the VM is can tell. Gives whether it has an end now: it has none where the VM may still be about to go off;
   * `isLast` has one that did not happen ended.
   */
  async finish(id: string, token: string, call: BootCall, isLast: boolean): Promise<boolean> {
    const { operations, log } = this.#options
    const record = await operations.read(token)
    if (record === undefined) log.warn('nothing is known of a power cycle but that it began', { vm: id })
    if (record === undefined || !isOpenCycle(record)) {
      await operations.forgetCycle(id, token)
      return true
    }
    const vm = await findVm(this.#options.hypervisor, id, call)
    if (vm && (isChanging(vm) || vm.state === 'inaccessible')) return false
    if (vm && isOff(vm.state)) await this.#startAgain(id, call)
    else if (vm && record.phase === 'begun') {
      if (!isLast) return false
      log.warn('a power cycle was cut off, and the VM did not go off', { vm: id })
      await operations.cycleEnded(id, token, 'failed')
      return true
    }
    await operations.cycleEnded(id, token, vm ? 'done' : 'failed')
    return true
  }

  /** Finishes what an earlier process left half done. Failures are logged. Ends before a VM that is still to go off has done so. */
  async recover(): Promise<void> {
    const unfinished = await this.#options.operations.unfinished()
    await Promise.all(
      unfinished.map(async ({ vm, token }) => {
        if (!(await this.#finishInTurn(vm, token, false))) void this.#follow(vm, token)
      }),
    )
  }

  /** Gives for how long, in milliseconds, it is to be waited for. Throws where it does not go off. */
  async #switchOff(vm: Vm, token: string, call: Call): Promise<number> {
    const { hypervisor, operations, log, unansweredMs = UNANSWERED_MS } = this.#options
    try {
      await hypervisor.powerOff(vm.id, call)
      return SECOND_HALF_MS
    } catch (error) {
      if (!(error instanceof PowerbusError && refusals.has(error.code))) {
        log.warn('a VM that is cycled may go off without having said so', { vm: nameOf(vm), reason: String(error) })
        return unansweredMs
      }
      const now = await hypervisor.get(vm.id, this.#ownCall()).catch(() => undefined)
      // It went off by itself, and is to be on.
      if (now && isOff(now.state)) return unansweredMs
      await operations.cycleEnded(vm.id, token, 'failed')
      throw error
    }
  }

  /** That it cannot be read for a moment is no reason to leave it off. Throws TARGET_TIMEOUT where it stays on. */
  async #untilOff(id: string, call: Call): Promise<void> {
    const passes = ({ retry }: PowerbusError) => retry
    await tryAgain(call, passes, async (left) => {
      if (await waitForVm(this.#options.hypervisor, id, ({ state }) => isOff(state), left)) return
      throw new PowerbusError('TARGET_TIMEOUT', `VM ${id} did not go off`)
    })
  }

  /** A start may be repeated. Throws the last failure when the time is over, and at once one that does not pass. */
  async #startAgain(id: string, call: BootCall): Promise<void> {
    const { hypervisor, start } = this.#options
    const passes = ({ retry, code }: PowerbusError) => retry && code !== 'TARGET_UNREACHABLE'
    await tryAgain(call, passes, async () => {
      const vm = await hypervisor.get(id, call)
      if (isOff(vm.state)) await start(vm, call)
    })
  }

  /** Outside of the VM's turn: others may have it meanwhile, and what they do may end the cycle. */
  async #follow(id: string, token: string): Promise<void> {
    const call = { signal: this.#options.signal, timeoutMs: this.#options.followMs ?? FOLLOW_MS }
    await this.#untilOff(id, call).catch(() => {
      // What it is is read again, and what fails then is logged.
    })
    const isEnded = await this.#finishInTurn(id, token, true)
    if (!isEnded) this.#options.log.error('a VM is on its way off, and does not get there', { vm: id })
  }

  /** Gives whether there is nothing left to do. */
  async #finishInTurn(id: string, token: string, isLast: boolean): Promise<boolean> {
    const { turns, signal, log } = this.#options
    try {
      return await turns.run(id, () => this.finish(id, token, this.#ownCall(), isLast))
    } catch (error) {
      if (!signal.aborted) log.error('a power cycle could not be finished', { vm: id, reason: String(error) })
      return true
    }
  }

  /** A VM can be powered while its record cannot be read. */
  async #openCycle(id: string): Promise<string | undefined> {
    return await this.#options.operations.cycleOf(id).catch((error: unknown) => {
      this.#options.log.error('whether a VM has an unfinished power cycle cannot be read', {
        vm: id,
        reason: String(error),
      })
      return undefined
    })
  }

  /** After the VM was told to go off a store that fails must not keep it from being started: what is not written down is found out. */
  async #note(id: string, written: Promise<void>): Promise<void> {
    await written.catch((error: unknown) =>
      this.#options.log.error('a power cycle could not be written down', { vm: id, reason: String(error) }),
    )
  }

  #ownCall(): Call {
    return { signal: this.#options.signal, timeoutMs: SECOND_HALF_MS }
  }
}
