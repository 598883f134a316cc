import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import { outcomeUnknown } from './once-verbs.ts'
import { type PowerOutcome, powerOff, readStatus, switchTo } from './power-verbs.ts'
import { sendOnce } from './send-once.ts'
import { seconds, type Turn } from './turn.ts'
import type { VerbParams } from './verbs.ts'

/** Least time from the command to the next one: power supplies discharge, and the BMC starts. */
const STANDBY_MS = 90_000
const POLL_MS = 5000

type AcCycler = Able<'status' | 'on' | 'off' | 'acCycle'>

/**
 * Switches the machine off, cuts standby power once, and waits for the BMC to come back; a machine that was on is then switched on.
 * Verified where the BMC was seen to go away. Throws CAPABILITY_UNSUPPORTED and TARGET_STATE of PowerConnection.mayAcCycle before
 * anything is sent.
 */
export async function powerAcCycle(
  turn: Turn<AcCycler>,
  params: Pick<VerbParams, 'power/resend'>,
): Promise<PowerOutcome> {
  await turn.read(async (bmc, call) => bmc.mayAcCycle?.(call))
  const wasOn = (await powerOff(turn)).changed
  const end = await sendOnce(turn, {
    operation: 'acCycle',
    send: (bmc, call) => bmc.acCycle(call),
    resend: params['power/resend'],
  })
  const wentAway = await waitForBmc(turn)
  const power = wasOn ? (await switchTo(turn, 'on', (bmc, call) => bmc.on(call))).power : await readStatus(turn)
  if (end === 'lost' && !wentAway) throw outcomeUnknown(turn, 'acCycle')
  return { power, changed: true, verified: wentAway }
}

/** Whether the BMC was silent in between. Throws TARGET_TIMEOUT where it does not answer again. */
async function waitForBmc(turn: Turn<AcCycler>): Promise<boolean> {
  const sinceMs = turn.nowMs()
  let wentAway = false
  for (let poll = 0; await turn.pollAgain(poll, Number.POSITIVE_INFINITY, POLL_MS); poll++) {
    const isBack = (await turn.poll((bmc, call) => bmc.status(call), turn.nowMs() + POLL_MS)) !== undefined
    if (!isBack) wentAway = true
    else if (turn.nowMs() - sinceMs >= STANDBY_MS) return wentAway
  }
  const waited = seconds(turn.nowMs() - sinceMs)
  throw new PowerbusError(
    'TARGET_TIMEOUT',
    `${turn.key} has not answered for ${waited} s since standby power was cut: look at its power supply, then switch the machine on`,
  )
}
