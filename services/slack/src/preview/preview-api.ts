import { type DrpEvent, decodeDrpEvent, isJsonObject, type JsonObject } from '@powerbus/drp'
import {
  type ApiAnswer,
  type ApiRequest,
  type Param,
  type ParamUse,
  PowerbusError,
  readParamValues,
} from '@powerbus/plugin-sdk'
import { muteParams } from '../actions/mute-actions.ts'
import { buttonBlocks } from '../chatops/buttons.ts'
import { readButtons } from '../chatops/chat-settings.ts'
import type { EventFacts } from '../events/event-facts.ts'
import { pluginParams, type SlackParams } from '../params.ts'
import { readSettings } from '../settings/read-settings.ts'
import { type Preview, previewMessages } from './preview-messages.ts'

const EVENTS_MAX = 1000
/** Of the effective params of a plugin object: they may be there, and say nothing about messages. */
const ofActions: readonly string[] = muteParams.map(({ name }) => name)

/**
 * `POST /plugin-apis/slack/preview` with `{events, params}`: the messages that these events would make with these
 * params. It needs no key, calls nothing, sends and stores nothing, so it works before the plugin is configured. It
 * refuses secure params, because a preview needs none. Throws REQUEST_INVALID, PARAM_INVALID, DecodeError.
 */
export function previewApi({ method, body }: Pick<ApiRequest, 'method' | 'body'>): ApiAnswer {
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: { error: 'POST {events, params}' } }
  const { events, params } = readRequest(body)
  return { status: 200, body: preview(events, params) }
}

function preview(events: readonly DrpEvent[], given: JsonObject): Preview {
  const uses: readonly ParamUse[] = pluginParams
  const open = uses.filter((use): use is Param => !('required' in use) && !use.secure)
  const names = open.map(({ name }) => name)
  const unknown = Object.keys(given).find((name) => !names.includes(name) && !ofActions.includes(name))
  if (unknown !== undefined) {
    throw new PowerbusError('PARAM_INVALID', `a preview has no param ${unknown}: give ${names.join(', ')}`)
  }
  // The settings and the buttons read no secure param.
  const values = readParamValues(open, given) as unknown as SlackParams
  const commands = readButtons(values)
  const extraBlocks = commands && ((facts: EventFacts) => buttonBlocks(facts, commands))
  return previewMessages(events, readSettings(values), extraBlocks)
}

function readRequest(body: Buffer): { readonly events: readonly DrpEvent[]; readonly params: JsonObject } {
  let request: unknown
  try {
    request = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new PowerbusError('REQUEST_INVALID', 'the body of a preview must be JSON', { cause })
  }
  const { events, params = {} } = isJsonObject(request) ? request : {}
  if (!Array.isArray(events) || events.length > EVENTS_MAX || !isJsonObject(params)) {
    const text = `the body of a preview must be {events: [at most ${EVENTS_MAX}], params: {NAME: VALUE}}`
    throw new PowerbusError('REQUEST_INVALID', text)
  }
  return { events: events.map((event) => decodeDrpEvent(event)), params }
}
