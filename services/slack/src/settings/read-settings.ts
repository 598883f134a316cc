import { isJsonObject } from '@powerbus/drp'
import { paramInvalid } from '@powerbus/plugin-sdk'
import { defaultEvents } from '../events/default-events.ts'
import type { SlackParams } from '../params.ts'
import type { TemplateSource } from '../render/builtin-templates.ts'
import { Templates } from '../render/templates.ts'
import { eventMatch } from '../routing/event-match.ts'
import type { Routing } from '../routing/route-event.ts'
import { readPattern, readRoute } from './read-routes.ts'

/** The params of the plugin in the form that it works with. */
export interface Settings {
  readonly routing: Routing
  readonly templates: Templates
  /** Messages about a machine go into the thread of its first message. */
  readonly threads: boolean
  /** Milliseconds; 0: each event is a message of its own. */
  readonly windowMs: number
  /** Milliseconds; 0: no digests. */
  readonly digestMs: number
  readonly paceMs: number
  readonly timeoutMs: number
}

/** Throws PARAM_INVALID that names the param and the place in it. */
export function readSettings(params: SlackParams): Settings {
  const own = Object.entries(params['slack/templates'] ?? {}).map(([name, raw]) => [name, readTemplate(name, raw)])
  const templates = new Templates(Object.fromEntries(own), params['slack/machine-url'])
  return {
    routing: readRouting(params, templates),
    templates,
    threads: params['slack/thread-by'] === 'machine',
    windowMs: params['slack/window-seconds'] * 1000,
    digestMs: params['slack/digest-seconds'] * 1000,
    paceMs: params['slack/pace-ms'],
    timeoutMs: params['slack/timeout-seconds'] * 1000,
  }
}

function readRouting(params: SlackParams, templates: Templates): Routing {
  const chosen = params['slack/events']?.map((pattern, index) => readPattern(pattern, `slack/events[${index}]`))
  const routes = params['slack/routes'] ?? []
  return {
    events: chosen ? [eventMatch({}, chosen)] : defaultEvents,
    routes: routes.map((route, index) => readRoute(route, index, (name) => templates.has(name))),
    channels: params['slack/channels'],
  }
}

function readTemplate(name: string, value: unknown): TemplateSource {
  if (typeof value === 'string' && value !== '') return { line: value }
  if (isJsonObject(value)) {
    const { line, body, ...others } = value
    const isSound = typeof line === 'string' && line !== '' && (body === undefined || typeof body === 'string')
    if (isSound && Object.keys(others).length === 0) return { line, ...(body !== undefined && { body }) }
  }
  throw paramInvalid(`slack/templates.${name}`, value, 'Liquid as text, or {line, body}')
}
