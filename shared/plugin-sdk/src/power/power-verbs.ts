import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { FinalChange } from './coordinator.ts'
import type { Call, OnceOperation, PowerDriver, PowerState } from './driver.ts'
import { seconds, type Turn } from './turn.ts'

/** How long a machine is watched for going off after a cycle. */
const CYCLE_SEEN_MS = 5000
/** A cycle is off for a second or so (the chassis's own interval), and must not fall between two polls. */
const CYCLE_POLL_MS = 500

export interface PowerOutcome {
  readonly power: PowerState
  readonly changed: boolean
  /** The state that was asked for was read back from the BMC. */
  readonly verified: boolean
}

export async function powerStatus(turn: Turn, driver: Able<'status'>): Promise<PowerOutcome> {
  return { power: await turn.read((call) => driver.status(call)), changed: false, verified: true }
}

export async function powerOn(turn: Turn, driver: Able<'status' | 'on'>): Promise<PowerOutcome> {
  return switchTo(turn, driver, 'on', (call) => driver.on(call))
}

export async function powerOff(turn: Turn, driver: Able<'status' | 'off'>): Promise<PowerOutcome> {
  return switchTo(turn, driver, 'off', (call) => driver.off(call))
}

/**
 * On a machine that is off: power on. Otherwise one cycle, never two. Not verified where the BMC acknowledged the cycle and
 * neither "off" nor a restart was seen.
 */
export async function powerCycle(turn: Turn, driver: Able<'status' | 'on' | 'cycle'>): Promise<PowerOutcome> {
  const before = await turn.read((call) => driver.status(call))
  if (before === 'off') return switchTo(turn, driver, 'on', (call) => driver.on(call), { operation: 'on' })
  const mark = await readMark(turn, driver)
  const answer = await turn.changeOnce(once('cycle', mark), (call) => driver.cycle(call))
  const done = (await sees(turn, driver, 'off', CYCLE_SEEN_MS)) || (await showsDone(turn, driver, 'cycle', mark))
  if (!done && answer === 'lost') throw outcomeUnknown(driver, 'cycle')
  return { power: await waitFor(turn, driver, 'on', 'power cycle'), changed: true, verified: done }
}

/** No loss of power, so a machine that is off cannot be reset. */
export async function powerReset(turn: Turn, driver: Able<'status' | 'reset'>): Promise<PowerOutcome> {
  return interrupt(turn, driver, 'reset', (call) => driver.reset(call))
}

export async function powerDiag(turn: Turn, driver: Able<'status' | 'diag'>): Promise<PowerOutcome> {
  return interrupt(turn, driver, 'diag', (call) => driver.diag(call))
}

/** Asks the operating system, waits, and says whether the machine went off: a machine that stayed on is not an error here. */
export async function powerShutdown(
  turn: Turn,
  driver: Able<'status' | 'soft'>,
  softTimeoutMs: number,
  /** Goes on to a hard off with this one, where it is given. */
  force?: Able<'status' | 'off'>,
): Promise<PowerOutcome> {
  if ((await turn.read((call) => driver.status(call))) === 'off')
    return { power: 'off', changed: false, verified: true }
  await turn.change((call) => driver.soft(call))
  const softEndMs = turn.nowMs() + softTimeoutMs
  for (let poll = 0; await turn.pollAgain(poll, softEndMs); poll++) {
    const state = await turn.poll((call) => driver.status(call), softEndMs)
    if (state === 'off') return { power: 'off', changed: true, verified: true }
  }
  if (force) return { ...(await powerOff(turn, force)), changed: true }
  const power = await turn.read((call) => driver.status(call))
  return { power, changed: power === 'off', verified: power === 'off' }
}

/** Switches, unless it is so already, and waits for the state. */
export async function switchTo(
  turn: Turn,
  driver: Able<'status'>,
  wanted: PowerState,
  send: (call: Call) => Promise<void>,
  /** Given where the machine is known to be in the other state. */
  final?: FinalChange,
): Promise<PowerOutcome> {
  if (!final && (await turn.read((call) => driver.status(call))) === wanted)
    return { power: wanted, changed: false, verified: true }
  await turn.change(send, final)
  return { power: await waitFor(turn, driver, wanted, `power ${wanted}`), changed: true, verified: true }
}

async function interrupt(
  turn: Turn,
  driver: Able<'status'>,
  operation: OnceOperation,
  send: (call: Call) => Promise<void>,
): Promise<PowerOutcome> {
  if ((await turn.read((call) => driver.status(call))) === 'off')
    throw new PowerbusError('TARGET_STATE', `${driver.key} is off, and power ${operation} needs a machine that is on`)
  const mark = await readMark(turn, driver)
  const answer = await turn.changeOnce(once(operation, mark), send)
  if (answer === 'lost' && !(await showsDone(turn, driver, operation, mark))) throw outcomeUnknown(driver, operation)
  return { power: await waitFor(turn, driver, 'on', `power ${operation}`), changed: true, verified: true }
}

/** Polls until the state holds. Throws TARGET_TIMEOUT with what was last reported. */
async function waitFor(turn: Turn, driver: Able<'status'>, wanted: PowerState, after: string): Promise<PowerState> {
  const startedMs = turn.nowMs()
  let last: PowerState | undefined
  for (let poll = 0; await turn.pollAgain(poll); poll++) {
    last = (await turn.poll((call) => driver.status(call))) ?? last
    if (last === wanted) return wanted
  }
  const reported = last ? `it last reported ${last}` : 'it did not answer any more'
  throw new PowerbusError(
    'TARGET_TIMEOUT',
    `${driver.key} is not ${wanted} ${seconds(turn.nowMs() - startedMs)} s after ${after}: ${reported}`,
  )
}

/** Whether the machine was seen in that state within the time. */
export async function sees(turn: Turn, driver: Able<'status'>, state: PowerState, withinMs: number): Promise<boolean> {
  const endMs = turn.nowMs() + withinMs
  for (let poll = 0; await turn.pollAgain(poll, endMs, CYCLE_POLL_MS); poll++) {
    if ((await turn.poll((call) => driver.status(call), endMs)) === state) return true
  }
  return false
}

function once(operation: OnceOperation, mark: string | undefined): FinalChange {
  return mark === undefined ? { operation } : { operation, mark }
}

async function readMark(turn: Turn, driver: PowerDriver): Promise<string | undefined> {
  const { restartMark } = driver
  return restartMark && turn.read((call) => restartMark.call(driver, call))
}

/** Whether the driver has evidence that the operation was done. */
export async function showsDone(
  turn: Turn,
  driver: PowerDriver,
  operation: OnceOperation,
  mark: string | undefined,
): Promise<boolean> {
  const { outcomeOf } = driver
  if (!outcomeOf || mark === undefined) return false
  return (await turn.read((call) => outcomeOf.call(driver, operation, mark, call))) === 'done'
}

function outcomeUnknown(driver: PowerDriver, operation: OnceOperation): PowerbusError {
  return new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${driver.key}: the answer to power ${operation} was lost, and nothing shows whether it was done. It was sent once and is not sent again; look at the machine before repeating it`,
  )
}
