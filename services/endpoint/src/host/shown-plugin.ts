import type { JsonObject } from '@powerbus/drp'

/** Begins the lines of PluginErrors that the endpoint shows. A client that patches what it got stores them, unseen. */
const OWN_LINE = 'config: '

/**
 * A plugin object with the errors of its run. What its config failed with comes after the lines that the plugin itself
 * wrote to PluginErrors.
 */
export function shownPlugin<T extends JsonObject>(
  object: T,
  errors: readonly string[],
  objections: readonly string[],
): T {
  const own = textsOf(object.PluginErrors).filter((line) => !line.startsWith(OWN_LINE))
  const Errors = [...textsOf(object.Errors), ...errors]
  const PluginErrors = [...own, ...objections.map((line) => `${OWN_LINE}${line}`)]
  return { ...object, Available: Errors.length === 0, Errors, PluginErrors }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : []
}
