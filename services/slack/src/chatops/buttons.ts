import { cutPlain } from '../cut-plain.ts'
import type { EventFacts } from '../events/event-facts.ts'
import type { Block } from '../message.ts'
import { ACKNOWLEDGE, commandLabel, wantsDialog } from './commands.ts'

/** Prefix of the action_id of this plugin's buttons. */
export const BUTTON_PREFIX = 'powerbus.'

const BUTTONS_MAX = 8
/** Slack's limits, in characters. */
const LABEL_MAX = 75
const TITLE_MAX = 100
const DIALOG_MAX = 300
const CONFIRM_MAX = 30

/** The `value` of a button, as JSON. */
export interface ButtonValue {
  readonly command: string
  readonly uuid: string
  readonly name: string
}

/** One block with the buttons below a message about a machine; empty if there are none. */
export function buttonBlocks(facts: EventFacts, allowed: ReadonlySet<string>): readonly Block[] {
  const { machine } = facts
  if (machine === undefined || machine.uuid === '' || facts.kind === 'deleted') return []
  const retried = facts.kind === 'action' && facts.outcome === 'failed' ? facts.command : undefined
  const wanted = wantedCommands(facts, retried).filter((command) => allowed.has(command))
  const others = [...allowed].filter((command) => wantsDialog(command) && facts.power !== 'off')
  const commands = [...new Set([...wanted, ...others])].slice(0, BUTTONS_MAX)
  if (commands.length === 0) return []
  const elements = commands.map((command) => button({ ...machine, command }, command === retried))
  return [{ type: 'actions', elements }]
}

/** In display order. */
function wantedCommands(facts: EventFacts, retried: string | undefined): readonly string[] {
  const isOn = facts.power === 'on' && facts.outcome === 'done'
  const isGrave = facts.outcome === 'failed' || facts.severity === 'error' || facts.severity === 'critical'
  return [
    ...(retried === undefined ? [] : [retried]),
    ...(isOn ? [] : ['poweron']),
    'powerstatus',
    ...(isGrave ? [ACKNOWLEDGE] : []),
  ]
}

function button({ command, uuid, name }: ButtonValue, isRetry: boolean) {
  const label = isRetry ? 'Try again' : commandLabel(command)
  const what = isRetry ? `Try again: ${commandLabel(command)}` : commandLabel(command)
  return {
    type: 'button',
    action_id: `${BUTTON_PREFIX}${command}`,
    text: plain(label, LABEL_MAX),
    value: JSON.stringify({ command, uuid, name } satisfies ButtonValue),
    ...(wantsDialog(command) && { style: 'danger', confirm: dialog(what, name) }),
  }
}

function dialog(what: string, name: string) {
  return {
    title: plain(`${what}?`, TITLE_MAX),
    text: plain(`${name}: this may take the machine down.`, DIALOG_MAX),
    confirm: plain(what, CONFIRM_MAX),
    deny: plain('Leave it', CONFIRM_MAX),
    style: 'danger',
  }
}

/** Slack shows plain text without formatting. */
function plain(text: string, max: number) {
  return { type: 'plain_text', text: cutPlain(text, max) }
}
