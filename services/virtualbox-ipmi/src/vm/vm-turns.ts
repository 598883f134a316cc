import { type Call, type Clock, PowerbusError } from '@powerbus/plugin-sdk'
import { type KeyedQueue, within } from '@powerbus/turns'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import type { Vm } from '../hypervisor/vm.ts'
import type { BootCall } from './boot-keeper.ts'
import { leftUntil, settledVm } from './power-state.ts'
import type { VmCycles } from './vm-cycles.ts'

/** The state that the work leads to. `on` finishes a cycle that was left open; `off` gives it up. */
export type Wish = 'on' | 'off' | 'as it is'

export interface VmTurnsOptions {
  readonly hypervisor: Hypervisor
  readonly clock: Clock
  /** One entry at a time per VM id. */
  readonly turns: KeyedQueue
  readonly cycles: VmCycles
}

/**
 * Work on one VM at a time. It begins when the VM is settled. Throws TARGET_BUSY where that takes longer than the call.
 */
export class VmTurns {
  readonly #options: VmTurnsOptions

  constructor(options: VmTurnsOptions) {
    this.#options = options
  }

  /** Runs the work in the VM's turn. `left`: the call with the time that is left then. */
  async run<T>(id: string, call: Call, wish: Wish, work: (vm: Vm, left: BootCall) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const { signal, timeoutMs } = call
    const askedAtMs = clock.dateMs()
    const endMs = clock.nowMs() + timeoutMs
    const left = () => ({ signal, askedAtMs, timeoutMs: leftUntil(endMs, clock) })
    const inTurn = async () => work(await this.ready(id, left(), wish), left())
    return await this.wait(id, call, () => busy(id), inTurn)
  }

  /**
   * Runs work that must not be done twice. `prepare` changes nothing and returns the work. Throws TARGET_BUSY where the
   * call ends before the work begins, and OUTCOME_UNKNOWN where it ends later: the work goes on, and its record has its
   * outcome.
   */
  async runOnce(
    id: string,
    call: Call,
    prepare: (vm: Vm, left: BootCall) => Promise<() => Promise<void>>,
  ): Promise<void> {
    let isBegun = false
    const text = `The command to VM ${id} was begun, but its call ended first; check the VM before repeating`
    const over = () => (isBegun ? new PowerbusError('OUTCOME_UNKNOWN', text) : busy(id))
    await within({ ...call, clock: this.#options.clock, late: over, aborted: over }, (signal) =>
      this.run(id, call, 'on', async (vm, left) => {
        const work = await prepare(vm, left)
        signal.throwIfAborted()
        isBegun = true
        await work()
      }),
    )
  }

  /** Waits for the VM's turn only. Throws `late()` where it does not come in time, or the PowerbusError of an abort. */
  async wait<T>(id: string, call: Call, late: () => PowerbusError, work: () => Promise<T>): Promise<T> {
    const { turns, clock } = this.#options
    const aborted = (reason: unknown) => (reason instanceof PowerbusError ? reason : late())
    return await turns.run(id, work, { ...call, clock, late, aborted })
  }

  /** Called in the VM's turn: the settled VM, with its open cycle finished or given up. Throws TARGET_BUSY. */
  async ready(id: string, call: BootCall, wish: Wish): Promise<Vm> {
    const { clock, cycles } = this.#options
    const endMs = clock.nowMs() + call.timeoutMs
    const vm = await settledVm(this.#options, id, call)
    if (wish === 'off') await cycles.giveUpOpen(id)
    const left = { ...call, timeoutMs: leftUntil(endMs, clock) }
    const isNew = wish === 'on' && (await cycles.finishOpen(id, left))
    return isNew ? await settledVm(this.#options, id, left) : vm
  }
}

function busy(id: string): PowerbusError {
  return new PowerbusError('TARGET_BUSY', `Other work on VM ${id} did not end in time; try again later`)
}
