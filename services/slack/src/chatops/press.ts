import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
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
  const payload = objectOf(body)
  if (payload.type !== 'block_actions' || !Array.isArray(payload.actions)) return undefined
  const action = objectOf(payload.actions[0])
  const actionId = textOf(action.action_id)
  const target = targetOf(action.value)
  const container = objectOf(payload.container)
  const message = objectOf(payload.message)
  const user = objectOf(payload.user)
  const channel = textOf(objectOf(payload.channel).id) || textOf(container.channel_id)
  const messageTs = textOf(message.ts) || textOf(container.message_ts)
  const userId = textOf(user.id)
  if (target === undefined || actionId !== `${BUTTON_PREFIX}${target.command}`) return undefined
  if (channel === '' || messageTs === '' || userId === '') return undefined
  const button = [textOf(objectOf(payload.team).id), channel, messageTs, actionId].join('\n')
  return {
    id: digest([button, userId, textOf(action.action_ts)].join('\n')),
    button: digest(button),
    user: { id: userId, name: textOf(user.username) || textOf(user.name) || userId },
    channel,
    messageTs,
    threadTs: textOf(message.thread_ts) || messageTs,
    hasDialog: isJsonObject(action.confirm) || isJsonObject(buttonIn(message, actionId).confirm),
    target,
  }
}

/** The button in the message as Slack has it. */
function buttonIn(message: JsonObject, actionId: string): JsonObject {
  const blocks = Array.isArray(message.blocks) ? message.blocks.map(objectOf) : []
  const elements = blocks.flatMap(({ elements: found }) => (Array.isArray(found) ? found.map(objectOf) : []))
  return elements.find((element) => element.action_id === actionId) ?? {}
}

function targetOf(value: unknown): ButtonValue | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const { command, uuid, name } = objectOf(JSON.parse(value))
    if (typeof command !== 'string' || typeof uuid !== 'string' || typeof name !== 'string' || uuid === '')
      return undefined
    return { command, uuid, name }
  } catch {
    // A button of another app.
    return undefined
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
