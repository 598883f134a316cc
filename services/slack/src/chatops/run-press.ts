import { DrpApiError, isJsonObject } from '@powerbus/drp'
import { type Endpoint, powerRequestId } from '@powerbus/plugin-sdk'
import { codeSpan, escapeText } from '../render/mrkdwn.ts'
import type { AllowList } from './allow-list.ts'
import { type AuditOutcome, requestIdOf, writeAudit } from './audit.ts'
import type { ChatSettings } from './chat-settings.ts'
import { ACKNOWLEDGE, commandLabel, wantsDialog } from './commands.ts'
import type { Press } from './press.ts'
import { ACTION_MS, type PressRecords } from './press-records.ts'
import { type ReplyTools, replyInThread, replyToUser } from './replies.ts'

/** Oldest message whose buttons may take a machine down, in milliseconds, because an old message shows an old state. */
const DANGEROUS_MAX_AGE_MS = 24 * 3_600_000

/** Also true after a kill of the process that ran the first press: its turn lasts 30 s. */
const REPEATED =
  'This button was pressed a moment ago, and one press runs at a time. If nothing happens, press again in half a minute.'

export interface PressTools extends ReplyTools {
  readonly settings: ChatSettings
  readonly allowList: AllowList
  readonly records: PressRecords
  readonly endpoint: Endpoint
}

interface Ending {
  readonly outcome: AuditOutcome
  readonly detail: string
}

/** Carries out an accepted press: checks the user and repeats, runs the action, answers, and writes the audit. */
export async function runPress(press: Press, tools: PressTools): Promise<void> {
  const { settings, records, endpoint, log } = tools
  const principal = settings.principals.get(press.user.id) ?? `slack:${press.user.id}`
  const audit = ({ outcome, detail }: Ending) => writeAudit({ press, principal, outcome, detail }, endpoint, log)
  const refusal = await refusalOf(press, tools)
  if (refusal !== undefined) {
    await audit({ outcome: 'refused', detail: refusal })
    await replyToUser(press, `Not done: ${escapeText(refusal)}.`, tools)
    return
  }
  const onFailure = (error: unknown) => log.warn('the lock of a button could not be renewed', { error: String(error) })
  const turn = await records.takeTurn(press, onFailure)
  if (turn === undefined) {
    await audit({ outcome: 'repeated', detail: 'the same button was pressed a moment ago' })
    await replyToUser(press, REPEATED, tools)
    return
  }
  await audit({ outcome: 'asked', detail: '' })
  try {
    const ending = await carryOut(press, principal, tools)
    await audit(ending)
    await tell(press, ending, tools)
  } finally {
    await turn.end()
  }
}

/** Reports a press that a restart cut off, with an unknown outcome, in the thread and the audit. */
export async function reportAbandoned(press: Press, tools: PressTools): Promise<void> {
  const { settings, endpoint, log } = tools
  const principal = settings.principals.get(press.user.id) ?? `slack:${press.user.id}`
  const ending: Ending = { outcome: 'unknown', detail: 'Powerbus restarted before the end' }
  await writeAudit({ press, principal, ...ending }, endpoint, log)
  await tell(press, ending, tools)
}

/** The reason of a refusal, for the user who pressed; undefined if the press is allowed. */
async function refusalOf(press: Press, { settings, allowList, log }: PressTools): Promise<string | undefined> {
  const { command } = press.target
  try {
    if (!(await allowList.allows(press.user.id, settings.params)))
      return 'you may not press buttons here; an operator can add you to slack/allow-users'
  } catch (error) {
    log.warn('members of a user group could not be looked up', { error: String(error) })
    return 'Slack could not list the members of a user group; try again in a minute'
  }
  if (!settings.commands.has(command))
    return `buttons may not run ${commandLabel(command)} here; an operator can add it to slack/allow-actions`
  if (!wantsDialog(command)) return undefined
  if (!press.hasDialog) return `${commandLabel(command)} needs a confirmation dialog, and that button had none`
  const ageMs = Date.now() - Number(press.messageTs) * 1000
  return ageMs < DANGEROUS_MAX_AGE_MS ? undefined : 'the message is more than a day old; press Power status first'
}

async function carryOut(press: Press, principal: string, tools: PressTools): Promise<Ending> {
  const { command, uuid } = press.target
  if (command === ACKNOWLEDGE) return { outcome: 'done', detail: 'acknowledged' }
  const requestId = requestIdOf(press)
  const params = { [powerRequestId.name]: requestId }
  const options = { requestId, onBehalfOf: principal, timeoutMs: ACTION_MS, signal: tools.signal }
  try {
    const result = await tools.endpoint.api().actions.run('machines', uuid, command, params, options)
    return { outcome: 'done', detail: resultText(result) }
  } catch (error) {
    return failureOf(error, tools.signal)
  }
}

function failureOf(error: unknown, signal: AbortSignal): Ending {
  if (signal.aborted) return { outcome: 'unknown', detail: 'Powerbus stopped before the end' }
  if (!(error instanceof DrpApiError)) return { outcome: 'failed', detail: String(error) }
  const detail = error.drpError?.Messages.join('; ') || error.message
  const isLost = error.sent && (error.kind === 'timeout' || error.kind === 'unreachable')
  return { outcome: isLost ? 'unknown' : 'failed', detail }
}

/** The result of an action in one line: `on`, `on, unchanged`. */
function resultText(result: unknown): string {
  if (!isJsonObject(result)) return 'done'
  const { Power, Changed, BootDevice } = result
  const words = [Power, BootDevice].filter((word) => typeof word === 'string' && word !== '')
  if (words.length === 0) return 'done'
  return [...words, ...(Changed === false ? ['unchanged'] : [])].join(', ')
}

const signs: Readonly<Partial<Record<AuditOutcome, string>>> = { failed: ':x:', unknown: ':warning:' }
const DETAIL_MAX = 1000

async function tell(press: Press, { outcome, detail }: Ending, tools: PressTools): Promise<void> {
  const { command, name } = press.target
  const what = `*${escapeText(commandLabel(command))}* ${codeSpan(name)}`
  const shown = escapeText(detail.slice(0, DETAIL_MAX))
  if (command === ACKNOWLEDGE)
    await replyInThread(press, `:eyes: <@${press.user.id}> looks into ${codeSpan(name)}`, tools)
  else if (command === 'powerstatus' && outcome === 'done') await replyToUser(press, `${what}: ${shown}`, tools)
  else if (outcome === 'unknown') {
    const text = `${what} by <@${press.user.id}>: the outcome is not known (${shown}). Check the power status.`
    await replyInThread(press, `${signs.unknown} ${text}`, tools)
  } else
    await replyInThread(
      press,
      `${signs[outcome] ?? ':white_check_mark:'} ${what} by <@${press.user.id}>: ${shown}`,
      tools,
    )
}
