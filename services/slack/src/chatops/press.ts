import { createHash } from 'node:crypto'
import { isJsonObject } from '@powerbus/drp'
import { BUTTON_PREFIX, type ButtonValue } from './buttons.ts'

/** A press of a button of this plugin, from Slack's block_actions payload (docs.slack.dev). */
export interface Press {
  /** The same for every delivery of this press, different for each press: 32 hexadecimal digits. */
  readonly id: string
  /** The same for every press of this button. */
  readonly button: string
  readonly user: { readonly id: string; readonly name: string }
  readonly channel: string
  readonly messageTs: string
  /** Thread of the answer. */
  readonly threadTs: string
  /** Whether the pressed button asks for confirmation. */
  readonly hasDialog: boolean
  readonly target: ButtonValue
}

/** Undefined for any other interaction. */
export function readPress(body: unknown): Press | undefined {
  const action = at(body, 'actions', 0)
  const actionId = text(action, 'action_id')
  const target = targetOf(text(action, 'value'))
  const channel = text(body, 'channel', 'id') || text(body, 'container', 'channel_id')
  const messageTs = text(body, 'message', 'ts') || text(body, 'container', 'message_ts')
  const userId = text(body, 'user', 'id')
  if (text(body, 'type') !== 'block_actions') return undefined
  if (target === undefined || actionId !== `${BUTTON_PREFIX}${target.command}`) return undefined
  if (channel === '' || messageTs === '' || userId === '') return undefined
  const button = [text(body, 'team', 'id'), channel, messageTs, actionId].join('\n')
  return {
    id: digest([button, userId, text(action, 'action_ts')].join('\n')),
    button: digest(button),
    user: { id: userId, name: text(body, 'user', 'username') || text(body, 'user', 'name') || userId },
    channel,
    messageTs,
    threadTs: text(body, 'message', 'thread_ts') || messageTs,
    hasDialog: hasDialog(action) || hasDialog(buttonIn(body, actionId)),
    target,
  }
}

function hasDialog(button: unknown): boolean {
  return isJsonObject(at(button, 'confirm'))
}

/** The button in the message as Slack has it. */
function buttonIn(body: unknown, actionId: string): unknown {
  const elements = list(at(body, 'message', 'blocks')).flatMap((block) => list(at(block, 'elements')))
  return elements.find((element) => at(element, 'action_id') === actionId)
}

/** Undefined for a button of another app. */
function targetOf(value: string): ButtonValue | undefined {
  try {
    const { command, uuid, name } = JSON.parse(value)
    const isWhole = typeof command === 'string' && typeof uuid === 'string' && typeof name === 'string'
    return isWhole && uuid !== '' ? { command, uuid, name } : undefined
  } catch {
    return undefined
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** The value at this path; undefined if there is none. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], value)
}

function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
