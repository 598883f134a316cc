import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { type Limit, within } from '@powerbus/turns'
import type { Vm } from '../hypervisor/vm.ts'
import type { BootCall } from './boot-keeper.ts'
import { leftUntil, settledVm } from './power-state.ts'
import type { VmContext } from './vm-context.ts'

/**
 * Runs the work in the VM's turn, when the VM is settled. `left`: the call with the time that is left then. Throws
 * TARGET_BUSY where the call ends before.
 */
export async function inTurn<T>(
  context: VmContext,
  id: string,
  call: Call,
  work: (vm: Vm, left: BootCall) => Promise<T>,
): Promise<T> {
  const { turns, clock } = context
  const askedAtMs = clock.dateMs()
  const endMs = clock.nowMs() + call.timeoutMs
  const left = () => ({ signal: call.signal, askedAtMs, timeoutMs: leftUntil(endMs, clock) })
  const whenSettled = async () => work(await settledVm(context, id, left()), left())
  return await turns.run(id, whenSettled, turnLimit(context, call, busy(id)))
}

/**
 * Runs work that must not be done twice, in the VM's turn. `prepare` changes nothing and returns the work. Throws
 * TARGET_BUSY where the call ends before the work begins, and OUTCOME_UNKNOWN where it ends later: the work goes on,
 * and its record has its outcome.
 */
export async function onceInTurn(
  context: VmContext,
  id: string,
  call: Call,
  prepare: (vm: Vm, left: BootCall) => Promise<() => Promise<void>>,
): Promise<void> {
  let isBegun = false
  const text = `The command to VM ${id} was begun, but its call ended first; check the VM before repeating`
  const over = () => (isBegun ? new PowerbusError('OUTCOME_UNKNOWN', text) : busy(id))
  await within({ ...call, clock: context.clock, late: over, aborted: over }, (signal) =>
    inTurn(context, id, call, async (vm, left) => {
      const work = await prepare(vm, left)
      signal.throwIfAborted()
      isBegun = true
      await work()
    }),
  )
}

/** For a wait for the VM's turn: throws `late` where it does not come in time, or the PowerbusError of an abort. */
export function turnLimit({ clock }: VmContext, call: Call, late: PowerbusError): Limit {
  const aborted = (reason: unknown) => (reason instanceof PowerbusError ? reason : late)
  return { ...call, clock, late: () => late, aborted }
}

function busy(id: string): PowerbusError {
  return new PowerbusError('TARGET_BUSY', `Other work on VM ${id} did not end in time; try again later`)
}
