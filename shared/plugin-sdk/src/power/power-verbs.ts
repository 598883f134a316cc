import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { FinalChange } from './coordinator.ts'
import type { OnceOperation, PowerConnection, PowerState } from './driver.ts'
import { seconds, type Turn, type Work } from './turn.ts'

/** How long a machine is watched for going off after a cycle. */
const CYCLE_SEEN_MS = 5000
/** A cycle is off for a second or so (the chassis's own interval), and must not fall between two polls. */
const CYCLE_POLL_MS = 500
/** How long traces of a reset are looked for: one that was acknowledged, and one whose answer was lost. */
const ACKNOWLEDGED_WATCH_MS = 1000
const LOST_WATCH_MS = 5000

export interface PowerOutcome {
  readonly power: PowerState
  /** A command that changes something was executed. */
  readonly changed: boolean
  /** The BMC's state or the driver's evidence shows it; false where it was acknowledged only. */
  readonly verified: boolean
}

export async function powerStatus(turn: Turn<Able<'status'>>): Promise<PowerOutcome> {
  return { power: await readStatus(turn), changed: false, verified: true }
}

export async function powerOn(turn: Turn<Able<'status' | 'on'>>): Promise<PowerOutcome> {
  return switchTo(turn, 'on', (bmc, call) => bmc.on(call))
}

export async function powerOff(turn: Turn<Able<'status' | 'off'>>): Promise<PowerOutcome> {
  return switchTo(turn, 'off', (bmc, call) => bmc.off(call))
}

/**
 * On a machine that is off: power on. Otherwise one cycle, never two. Not verified where the BMC acknowledged the cycle and
 * neither "off" nor a restart was seen.
 */
export async function powerCycle(turn: Turn<Able<'status' | 'on' | 'cycle'>>): Promise<PowerOutcome> {
  const before = await readStatus(turn)
  if (before === 'off') return switchTo(turn, 'on', (bmc, call) => bmc.on(call), { operation: 'on' })
  const mark = await readMark(turn)
  const answer = await turn.changeOnce(once('cycle', mark), (bmc, call) => bmc.cycle(call))
  const done = (await sees(turn, 'off', CYCLE_SEEN_MS)) || (await showsDone(turn, 'cycle', mark))
  if (!done && answer === 'lost') throw outcomeUnknown(turn, 'cycle')
  return backOn(turn, 'cycle', mark, done)
}

/** No loss of power, so a machine that is off cannot be reset. Not verified where the driver has no evidence of it. */
export async function powerReset(turn: Turn<Able<'status' | 'reset'>>): Promise<PowerOutcome> {
  return interrupt(turn, 'reset', (bmc, call) => bmc.reset(call))
}

/** A diagnostic interrupt leaves no trace of its own: it is acknowledged or unknown, and never verified. */
export async function powerDiag(turn: Turn<Able<'status' | 'diag'>>): Promise<PowerOutcome> {
  return interrupt(turn, 'diag', (bmc, call) => bmc.diag(call))
}

/** Asks the operating system of a machine that is on to shut down, and waits for nothing. */
export async function askShutdown(turn: Turn<Able<'status' | 'soft'>>): Promise<PowerOutcome> {
  if ((await readStatus(turn)) === 'off') return { power: 'off', changed: false, verified: true }
  await turn.change((bmc, call) => bmc.soft(call))
  return { power: 'on', changed: true, verified: false }
}

/**
 * Asks the operating system, waits, and says whether the machine went off: a machine that stayed on is not an error here. `force` is
 * called for one that stayed on, where it is given.
 */
export async function powerShutdown(
  turn: Turn<Able<'status' | 'soft'>>,
  softTimeoutMs: number,
  force: (() => Promise<PowerOutcome>) | undefined,
): Promise<PowerOutcome> {
  const asked = await askShutdown(turn)
  if (!asked.changed) return asked
  if (await sees(turn, 'off', softTimeoutMs, Number.POSITIVE_INFINITY))
    return { power: 'off', changed: true, verified: true }
  if (force) return { ...(await force()), changed: true }
  const power = await readStatus(turn)
  return { power, changed: power === 'off', verified: power === 'off' }
}

/** Switches, unless it is so already, and waits for the state. */
export async function switchTo<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  wanted: PowerState,
  send: Work<Connection, void>,
  /** Given where the machine is known to be in the other state. */
  final?: FinalChange,
): Promise<PowerOutcome> {
  if (!final && (await readStatus(turn)) === wanted) return { power: wanted, changed: false, verified: true }
  await turn.change(send, final)
  return { power: await waitFor(turn, wanted, `power ${wanted}`), changed: true, verified: true }
}

async function interrupt<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  operation: 'reset' | 'diag',
  send: Work<Connection, void>,
): Promise<PowerOutcome> {
  if ((await readStatus(turn)) === 'off')
    throw new PowerbusError('TARGET_STATE', `${turn.key} is off, and power ${operation} needs a machine that is on`)
  const mark = operation === 'diag' ? undefined : await readMark(turn)
  const answer = await turn.changeOnce(once(operation, mark), send)
  const done = await showsDone(turn, operation, mark, answer === 'lost' ? LOST_WATCH_MS : ACKNOWLEDGED_WATCH_MS)
  if (!done && answer === 'lost') throw outcomeUnknown(turn, operation)
  return backOn(turn, operation, mark, done)
}

/** The end of a restart: the machine is on again, by when the driver may have the evidence that it did not have at first. */
async function backOn(
  turn: Turn<Able<'status'>>,
  operation: OnceOperation,
  mark: string | undefined,
  done: boolean,
): Promise<PowerOutcome> {
  const power = await waitFor(turn, 'on', `power ${operation}`)
  return { power, changed: true, verified: done || (await showsDone(turn, operation, mark)) }
}

export function readStatus(turn: Turn<Able<'status'>>): Promise<PowerState> {
  return turn.read((bmc, call) => bmc.status(call))
}

/** Polls until the state holds. Throws TARGET_TIMEOUT with what was last reported. */
async function waitFor(turn: Turn<Able<'status'>>, wanted: PowerState, after: string): Promise<PowerState> {
  const startedMs = turn.nowMs()
  let last: PowerState | undefined
  for (let poll = 0; await turn.pollAgain(poll); poll++) {
    last = (await turn.poll((bmc, call) => bmc.status(call))) ?? last
    if (last === wanted) return wanted
  }
  const reported = last ? `it last reported ${last}` : 'it did not answer any more'
  throw new PowerbusError(
    'TARGET_TIMEOUT',
    `${turn.key} is not ${wanted} ${seconds(turn.nowMs() - startedMs)} s after ${after}: ${reported}`,
  )
}

/** Whether the machine was seen in that state within the time; polls are `mostMs` apart at most. */
export async function sees(
  turn: Turn<Able<'status'>>,
  state: PowerState,
  withinMs: number,
  mostMs: number = CYCLE_POLL_MS,
): Promise<boolean> {
  const endMs = turn.nowMs() + withinMs
  for (let poll = 0; await turn.pollAgain(poll, endMs, mostMs); poll++) {
    if ((await turn.poll((bmc, call) => bmc.status(call), endMs)) === state) return true
  }
  return false
}

function once(operation: OnceOperation, mark: string | undefined): FinalChange {
  return mark === undefined ? { operation } : { operation, mark }
}

async function readMark(turn: Turn<PowerConnection>): Promise<string | undefined> {
  return turn.has('restartMark') ? turn.read(async (bmc, call) => bmc.restartMark?.(call)) : undefined
}

/**
 * Whether the driver has evidence, within the time, that the operation was done. A restart is none of a diagnostic interrupt: the
 * operating system, or somebody else, may have caused it.
 */
export async function showsDone(
  turn: Turn<PowerConnection>,
  operation: OnceOperation,
  mark: string | undefined,
  withinMs = 0,
): Promise<boolean> {
  if (operation === 'diag' || mark === undefined || !turn.has('outcomeOf')) return false
  const isDone = async () => (await turn.read(async (bmc, call) => bmc.outcomeOf?.(operation, mark, call))) === 'done'
  const endMs = turn.nowMs() + withinMs
  if (await isDone()) return true
  for (let poll = 1; await turn.pollAgain(poll, endMs, CYCLE_POLL_MS); poll++) if (await isDone()) return true
  return false
}

function outcomeUnknown(turn: Turn<PowerConnection>, operation: OnceOperation): PowerbusError {
  return new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${turn.key}: the answer to power ${operation} was lost, and nothing shows whether it was done. It was sent once and is not sent again; look at the machine before repeating it`,
  )
}
