import { type DrpEvent, decodeDrpEvent, isJsonObject, type JsonObject } from '@powerbus/drp'
import { type ApiAnswer, type ApiRequest, type ParamUse, PowerbusError, readParamValues } from '@powerbus/plugin-sdk'
import { buttonBlocks } from '../chatops/buttons.ts'
import { readButtons } from '../chatops/chat-settings.ts'
import type { EventFacts } from '../events/event-facts.ts'
import { readSettings, type SlackParams } from '../settings/read-settings.ts'
import { type Preview, previewMessages } from './preview-messages.ts'

const EVENTS_MAX = 1000

export interface PreviewTools {
  /** Params of the plugin. */
  readonly params: readonly ParamUse[]
}

/**
 * `POST /plugin-apis/slack/preview` with `{events, params}`: the messages that would be sent for these events with these params. It
 * needs no key, asks nobody, sends nothing and keeps nothing, so it works before the plugin is configured. Keys are refused:
 * whoever previews has no need to send them. Throws REQUEST_INVALID, PARAM_INVALID, DecodeError.
 */
export function previewApi({ method, body }: Pick<ApiRequest, 'method' | 'body'>, tools: PreviewTools): ApiAnswer {
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: { error: 'POST {events, params}' } }
  const { events, params } = readRequest(body)
  return { status: 200, body: preview(events, params, tools) }
}

function preview(events: readonly DrpEvent[], given: JsonObject, { params }: PreviewTools): Preview {
  const open = params.filter(
    (use): use is Exclude<ParamUse, { required: unknown }> => !('required' in use) && !use.secure,
  )
  const known = new Set(open.map(({ name }) => name))
  const unknown = Object.keys(given).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new PowerbusError('PARAM_INVALID', `${unknown} is no param of a preview: give ${[...known].join(', ')}`)
  }
  const values = readParamValues(open, given) as unknown as SlackParams
  const commands = readButtons(values as Readonly<Record<string, unknown>>)
  const extraBlocks = commands && ((facts: EventFacts) => buttonBlocks(facts, commands))
  return previewMessages(events, readSettings(values), extraBlocks)
}

function readRequest(body: Buffer): { readonly events: readonly DrpEvent[]; readonly params: JsonObject } {
  const { events, params = {} } = parsed(body)
  if (!Array.isArray(events) || events.length > EVENTS_MAX || !isJsonObject(params)) {
    const text = `a preview is asked for with {events: [at most ${EVENTS_MAX}], params: {NAME: VALUE}}`
    throw new PowerbusError('REQUEST_INVALID', text)
  }
  return { events: events.map((event) => decodeDrpEvent(event)), params }
}

function parsed(body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isJsonObject(value) ? value : {}
  } catch (cause) {
    throw new PowerbusError('REQUEST_INVALID', 'the body of a preview must be JSON', { cause })
  }
}
