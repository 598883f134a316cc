import { isJsonObject } from '@powerbus/drp'
import { type ParamValues, paramInvalid } from '@powerbus/plugin-sdk'
import { defaultEvents } from '../events/default-events.ts'
import type { pluginParams } from '../params.ts'
import type { TemplateSource } from '../render/builtin-templates.ts'
import { Templates } from '../render/templates.ts'
import type { Routing } from '../routing/route-event.ts'
import { type RawRoute, readPattern, readRoute } from './read-routes.ts'

export type SlackParams = ParamValues<typeof pluginParams>

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
  const chosen = params['slack/events']?.map((pattern, index) => ({ pattern, at: `slack/events[${index}]` }))
  const choices = chosen ?? defaultEvents.map((choice) => ({ ...choice, at: 'slack/events' }))
  // The schema has checked the fields of a route; the param's type does not name them.
  const routes = (params['slack/routes'] ?? []) as readonly RawRoute[]
  return {
    events: choices.map((choice) => ({ ...choice, parsed: readPattern(choice.pattern, choice.at) })),
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
