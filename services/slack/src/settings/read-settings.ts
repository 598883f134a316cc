import type { ParamValues } from '@powerbus/plugin-sdk'
import { defaultEvents } from '../events/default-events.ts'
import type { pluginParams } from '../params.ts'
import { machineLink } from '../render/machine-link.ts'
import { Templates } from '../render/templates.ts'
import type { Routing } from '../routing/route-event.ts'
import { readPattern } from './read-pattern.ts'
import { type RawRoute, readRoute } from './read-routes.ts'
import { readTemplates } from './read-templates.ts'
import type { Settings } from './settings.ts'

export type SlackParams = ParamValues<typeof pluginParams>

/** Throws PARAM_INVALID that names the param and the place in it. */
export function readSettings(params: SlackParams): Settings {
  const templates = new Templates(readTemplates(params['slack/templates'] ?? {}), {
    link: machineLink(params['slack/machine-url']),
  })
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
  // The schema has checked the fields, which its type does not reach into.
  const routes = (params['slack/routes'] ?? []) as readonly RawRoute[]
  return {
    events: choices.map((choice) => ({ ...choice, parsed: readPattern(choice.pattern, choice.at) })),
    routes: routes.map((route, index) => readRoute(route, index, (name) => templates.has(name))),
    channels: params['slack/channels'],
  }
}
