import type { Plugin } from './plugin.ts'

const EVERY_EVENT = ['*.*.*']

/**
 * The patterns of the events that a launched plugin takes from the endpoint's event stream; undefined where it takes
 * none from there. A plugin with `publish` takes all of them from the stream, and has no HasPublish, if the environment
 * of the endpoint has POWERBUS_EVENTS=stream: for a Digital Rebar that no longer posts events to plugins.
 */
export function streamPatterns({ publish, events }: Plugin, env: NodeJS.ProcessEnv): readonly string[] | undefined {
  return events?.patterns ?? (publish && env.POWERBUS_EVENTS === 'stream' ? EVERY_EVENT : undefined)
}
