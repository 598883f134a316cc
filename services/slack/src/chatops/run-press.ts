import { DrpApiError, isJsonObject } from '@powerbus/drp'
import { powerRequestId } from '@powerbus/plugin-sdk'
import { cutPlain } from '../cut-plain.ts'
import { codeSpan, escapeText } from '../render/mrkdwn.ts'
import type { AllowList } from './allow-list.ts'
import { type AuditTools, type PressOutcome, principalOf, requestIdOf, writeAudit } from './audit.ts'
import { ACKNOWLEDGE, commandLabel, wantsDialog } from './commands.ts'
import type { Press } from './press.ts'
import { ACTION_MS, type PressRecords } from './press-records.ts'
import { type ReplyTools, replyInThread, replyToUser } from './replies.ts'

/** Oldest message whose buttons may take a machine down, in milliseconds, because an old message shows an old state. */
const DANGEROUS_MAX_AGE_MS = 24 * 3_600_000

/** Also true after a kill of the process that ran the first press: its turn lasts 30 s. */
const REPEATED =
  'This button was pressed a moment ago, and one press runs at a time. If nothing happens, press again in half a minute.'

export interface PressTools extends ReplyTools, AuditTools {
  readonly allowList: AllowList
  readonly records: PressRecords
}

/** Carries out an accepted press: checks the user and repeats, runs the action, answers, and writes the audit. */
export async function runPress(press: Press, tools: PressTools): Promise<void> {
  const refusal = await refusalOf(press, tools)
  if (refusal !== undefined) {
    await writeAudit(press, { outcome: 'refused', detail: refusal }, tools)
    return await replyToUser(press, `Not done: ${escapeText(refusal)}.`, tools)
  }
  const endTurn = await tools.records.takeTurn(press)
  if (!endTurn) {
    await writeAudit(press, { outcome: 'repeated', detail: 'the same button was pressed a moment ago' }, tools)
    return await replyToUser(press, REPEATED, tools)
  }
  await writeAudit(press, { outcome: 'asked', detail: '' }, tools)
  try {
    await report(press, await carryOut(press, tools), tools)
  } finally {
    endTurn()
  }
}

/** Reports a press that a restart cut off, with an unknown outcome, in the thread and the audit. */
export async function reportAbandoned(press: Press, tools: PressTools): Promise<void> {
  await report(press, { outcome: 'unknown', detail: 'Powerbus restarted before the end' }, tools)
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

async function carryOut(press: Press, tools: PressTools): Promise<PressOutcome> {
  const { command, uuid } = press.target
  if (command === ACKNOWLEDGE) return { outcome: 'done', detail: 'acknowledged' }
  const requestId = requestIdOf(press)
  const params = { [powerRequestId.name]: requestId }
  const options = {
    requestId,
    onBehalfOf: principalOf(press, tools.settings),
    timeoutMs: ACTION_MS,
    signal: tools.signal,
  }
  try {
    const result = await tools.endpoint.api().actions.run('machines', uuid, command, params, options)
    return { outcome: 'done', detail: resultText(result) }
  } catch (error) {
    return failureOf(error, tools.signal)
  }
}

function failureOf(error: unknown, signal: AbortSignal): PressOutcome {
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

const DETAIL_MAX = 1000

async function report(press: Press, ending: PressOutcome, tools: PressTools): Promise<void> {
  await writeAudit(press, ending, tools)
  const { command, name } = press.target
  const { outcome, detail } = ending
  const shown = escapeText(cutPlain(detail, DETAIL_MAX))
  const what = `*${escapeText(commandLabel(command))}* ${codeSpan(name)}`
  const who = `<@${press.user.id}>`
  if (command === ACKNOWLEDGE) await replyInThread(press, `:eyes: ${who} looks into ${codeSpan(name)}`, tools)
  else if (command === 'powerstatus' && outcome === 'done') await replyToUser(press, `${what}: ${shown}`, tools)
  else if (outcome === 'unknown') {
    const text = `:warning: ${what} by ${who}: the outcome is not known (${shown}). Check the power status.`
    await replyInThread(press, text, tools)
  } else {
    const sign = outcome === 'failed' ? ':x:' : ':white_check_mark:'
    await replyInThread(press, `${sign} ${what} by ${who}: ${shown}`, tools)
  }
}
