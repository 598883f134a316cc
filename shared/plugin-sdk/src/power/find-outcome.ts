import { PowerbusError } from '../errors.ts'
import type { Able } from './capability.ts'
import type { Changer, Sent } from './coordinator.ts'
import { showsDone } from './evidence.ts'
import { type PowerOutcome, readStatus, switchTo, watch } from './power-verbs.ts'
import { isSilent } from './send-once.ts'
import type { Turn } from './turn.ts'

/** How long a machine is watched for being on after a restart that an earlier process sent; others wait for their turn meanwhile. */
const BACK_ON_MS = 5000
const BACK_ON_POLL_MS = 500

/**
 * What became of a change that an earlier process sent or was about to send when it ended. What the machine shows is taken for its
 * doing only where no other turn has changed anything at the BMC since; a restart by hand, or by another program, looks the same
 * and cannot be told apart. Not verified where the machine does not come back on: somebody's hand may have switched it off.
 * Throws OUTCOME_UNKNOWN, with the state the machine is in, where nothing shows it; with the failure of the look as its cause where the
 * machine could not be looked at.
 */
export async function findOutcome(turn: Turn<Able<'status' | 'on'>>, sent: Sent): Promise<PowerOutcome> {
  try {
    return await lookForOutcome(turn, sent)
  } catch (error) {
    if (sent.operation === 'on' || !isSilent(error)) throw error
    throw new PowerbusError(
      'OUTCOME_UNKNOWN',
      `${turn.key}: the process that was about to send power ${sent.operation} ended, and the machine does not show whether it was done: ${error.message}. Ask again under the same power/request-id`,
      { cause: error },
    )
  }
}

async function lookForOutcome(turn: Turn<Able<'status' | 'on'>>, sent: Sent): Promise<PowerOutcome> {
  const { operation, mark } = sent
  const power = await readStatus(turn)
  if (operation === 'on') {
    if (power === 'on') return { power, changed: (await turn.lastChanger())?.turn === sent.turn, verified: true }
    return switchTo(turn, 'on', (bmc, call) => bmc.on(call), { operation })
  }
  const isShown = operation === 'soft' ? power === 'off' : await showsDone(turn, operation, mark)
  // Asked last: whoever changes the machine is recorded before that.
  const last = await turn.lastChanger()
  if (isShown && last?.turn === sent.turn) {
    if (operation === 'soft') return { power, changed: true, verified: true }
    const { last = power } = await watch(turn, 'on', { withinMs: BACK_ON_MS, mostMs: BACK_ON_POLL_MS })
    return { power: last, changed: true, verified: last === 'on' }
  }
  // A store in several places may have lost the record of our turn alone: an older one says nothing.
  const later = last && last.turn > sent.turn ? last : undefined
  const reason = last?.turn === sent.turn ? 'nothing shows whether it was done' : changedSince(later)
  const isSecond = sent.attempt === 2 ? 'It had been sent once before, most likely without effect. ' : ''
  throw new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${turn.key} is ${power}: the process that was about to send power ${operation} ended, and ${reason}. ${isSecond}It is not sent again; look at the machine before repeating it`,
  )
}

function changedSince(last: Changer | undefined): string {
  if (!last) return 'it is not known who has changed the machine since, so that nothing shows whether it was done'
  const { command, requestId, atMs } = last
  return `${command} (request ${requestId}) has changed the machine since, at ${new Date(atMs).toISOString()}, so that nothing shows whether it was done`
}
