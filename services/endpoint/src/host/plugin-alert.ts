import type { JsonObject } from '@powerbus/drp'

/** States that pass by themselves, or that an operator has asked for. */
const PASSING: ReadonlySet<unknown> = new Set(['it is starting', 'it is stopped', 'it is not started'])

/** The alert for a plugin that takes no actions: its params are refused, or it fails. Undefined for one that is well. */
export function pluginAlert({ Name, Errors }: JsonObject): JsonObject | undefined {
  const reasons = (Array.isArray(Errors) ? Errors : []).filter((reason) => !PASSING.has(reason))
  if (typeof Name !== 'string' || reasons.length === 0) return undefined
  const Contents = `plugin ${Name} takes no actions: ${reasons.join('; ')}`
  return { Name: `plugin-${Name}`, Level: 'Error', Contents, Params: { plugin: Name } }
}
