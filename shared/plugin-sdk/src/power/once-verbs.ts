import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { OnceOperation, PowerConnection, PowerState } from './driver.ts'
import { readMark, showsDone } from './evidence.ts'
import { type PowerOutcome, powerOff, readStatus, switchTo, type Watched, watch } from './power-verbs.ts'
import { type OnceEnd, type Order, sendOnce, unlessSilent } from './send-once.ts'
import { seconds, type Turn } from './turn.ts'
import type { VerbParams } from './verbs.ts'

/** How long a machine is watched for going off after a cycle. */
const CYCLE_WATCH_MS = 5000
/** A cycle is off for a second or so (the chassis's own interval), and must not fall between two polls. */
const CYCLE_POLL_MS = 500
/** How long traces of a reset are looked for: one that was acknowledged, and one whose answer was lost. */
const ACKNOWLEDGED_WATCH_MS = 1000
const LOST_WATCH_MS = 5000

type Resend = Pick<VerbParams, 'power/resend'>

/**
 * On a machine that is off: power on. Otherwise one cycle, never two. Not verified where the BMC acknowledged the cycle, and neither
 * "off" nor a restart was seen, or it did not answer any more. Throws TARGET_STAYS_OFF.
 */
export async function powerCycle(turn: Turn<Able<'status' | 'on' | 'cycle'>>, params: Resend): Promise<PowerOutcome> {
  if ((await readStatus(turn)) === 'off') return switchTo(turn, 'on', (bmc, call) => bmc.on(call), { operation: 'on' })
  const order: Order<Able<'status' | 'cycle'>> = {
    operation: 'cycle',
    mark: await readMark(turn),
    send: (bmc, call) => bmc.cycle(call),
    resend: params['power/resend'],
  }
  const end = await sendOnce(turn, order)
  const watched = await watchCycle(turn, end)
  return backOn(turn, order, end, watched, watched?.last === 'off')
}

/** No loss of power, so a machine that is off cannot be reset. Not verified where the driver has no evidence of it. */
export async function powerReset(turn: Turn<Able<'status' | 'reset'>>, params: Resend): Promise<PowerOutcome> {
  await assertOn(turn, 'reset')
  const mark = await readMark(turn)
  return interrupt(turn, {
    operation: 'reset',
    mark,
    send: (bmc, call) => bmc.reset(call),
    resend: params['power/resend'],
  })
}

/** A diagnostic interrupt leaves no trace of its own: it is acknowledged or unknown, and never verified. */
export async function powerDiag(turn: Turn<Able<'status' | 'diag'>>, params: Resend): Promise<PowerOutcome> {
  await assertOn(turn, 'diag')
  return interrupt(turn, { operation: 'diag', send: (bmc, call) => bmc.diag(call), resend: params['power/resend'] })
}

/** Asks the operating system of a machine that is on to shut down, and waits for nothing. */
export async function askShutdown(turn: Turn<Able<'status' | 'soft'>>, params: Resend): Promise<PowerOutcome> {
  const end = await sendSoft(turn, params)
  if (end === 'lost' && (await lookOnce(turn)) !== 'off') throw outcomeUnknown(turn, 'soft')
  if (end === 'acknowledged') return { power: 'on', changed: true, verified: false }
  return { power: 'off', changed: end !== 'off', verified: true }
}

/**
 * Asks the operating system, waits, and says whether the machine went off: a machine that stayed on is not an error here. It is then
 * switched off with power/force-after-soft. Not verified, and changed, where the BMC acknowledged the command and did not answer any
 * more.
 */
export async function powerShutdown(
  turn: Turn<Able<'status' | 'soft' | 'off'>>,
  params: VerbParams,
): Promise<PowerOutcome> {
  const end = await sendSoft(turn, params)
  if (end === 'off' || end === 'done') return { power: 'off', changed: end === 'done', verified: true }
  const seen = await unlessSilent(watch(turn, 'off', { withinMs: params['power/soft-timeout'] * 1000 }))
  if (seen?.last === 'off') return { power: 'off', changed: true, verified: true }
  const forced = params['power/force-after-soft'] ? await unlessSilent(powerOff(turn)) : undefined
  if (forced) return { ...forced, changed: true }
  const power = await unlessSilent(readStatus(turn))
  if (power === 'off') return { power, changed: true, verified: true }
  if (end === 'lost') throw outcomeUnknown(turn, 'soft')
  return { power: 'on', changed: power === undefined, verified: false }
}

async function sendSoft(turn: Turn<Able<'status' | 'soft'>>, params: Resend): Promise<OnceEnd | 'off'> {
  if ((await readStatus(turn, 'off')) === 'off') return 'off'
  return sendOnce(turn, { operation: 'soft', send: (bmc, call) => bmc.soft(call), resend: params['power/resend'] })
}

async function assertOn(turn: Turn<Able<'status'>>, operation: OnceOperation): Promise<void> {
  if ((await readStatus(turn)) === 'on') return
  throw new PowerbusError('TARGET_STATE', `${turn.key} is off, and power ${operation} needs a machine that is on`)
}

/** Undefined where the machine could not be watched. A BMC that answers nothing after a lost answer is given up at once. */
function watchCycle(turn: Turn<Able<'status'>>, end: OnceEnd): Promise<Watched | undefined> {
  const untilSilent = end === 'lost'
  return unlessSilent(watch(turn, 'off', { withinMs: CYCLE_WATCH_MS, mostMs: CYCLE_POLL_MS, untilSilent }))
}

async function interrupt<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  order: Order<Connection>,
): Promise<PowerOutcome> {
  const end = await sendOnce(turn, order)
  const last = end === 'lost' ? await lookOnce(turn) : undefined
  const watchMs = end === 'lost' ? LOST_WATCH_MS : ACKNOWLEDGED_WATCH_MS
  return backOn(turn, order, end, last && { last, isSilent: false }, false, watchMs)
}

/** One look; undefined where the machine cannot be seen. */
function lookOnce(turn: Turn<Able<'status'>>): Promise<PowerState | undefined> {
  return unlessSilent(turn.poll((bmc, call) => bmc.status(call)))
}

/**
 * The end of a restart: the machine is on again, by when the driver may have the evidence that it did not have at first. Silence after
 * an acknowledgement is no failure: the power state is then the last one that was read.
 */
async function backOn<Connection extends Able<'status'>>(
  turn: Turn<Connection>,
  { operation, mark }: Order<Connection>,
  end: OnceEnd,
  seen: Watched | undefined,
  wentOff: boolean,
  watchMs = 0,
): Promise<PowerOutcome> {
  const looks = async (withinMs: number) => (await unlessSilent(showsDone(turn, operation, mark, withinMs))) === true
  const isDone = wentOff || end === 'done' || (!(end === 'lost' && (seen?.isSilent ?? true)) && (await looks(watchMs)))
  if (!isDone && end === 'lost') throw outcomeUnknown(turn, operation)
  const sinceMs = turn.nowMs()
  const back = await unlessSilent(watch(turn, 'on', { firstMs: wentOff ? (turn.firstLooks?.cycleMs ?? 0) : 0 }))
  if (back?.last === 'off' && !back.isSilent) throw staysOff(turn, operation, turn.nowMs() - sinceMs)
  const power = back?.last ?? seen?.last ?? 'on'
  return { power, changed: true, verified: back?.last === 'on' && (isDone || (await looks(0))) }
}

export function outcomeUnknown(turn: Turn<PowerConnection>, operation: OnceOperation): PowerbusError {
  const times = turn.changesSent > 1 ? 'twice, the first time most likely without effect,' : 'once'
  return new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${turn.key}: the answer to power ${operation} was lost, and nothing shows whether it was done. It was sent ${times} and is not sent again; look at the machine before repeating it`,
  )
}

function staysOff(turn: Turn<PowerConnection>, operation: OnceOperation, waitedMs: number): PowerbusError {
  return new PowerbusError(
    'TARGET_STAYS_OFF',
    `${turn.key} was off after power ${operation}, and is still off ${seconds(waitedMs)} s later. Power ${operation} was executed; see why the machine does not start, then switch it on`,
  )
}
