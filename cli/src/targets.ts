import type { Machine } from '@powerbus/drp'
import { UsageError } from './cli-error.ts'
import { expandHosts } from './host-range.ts'

/**
 * Selects machines by expressions (names, UUIDs, host ranges) or `all`: each once, in the given order. Throws a
 * UsageError that lists unknown names, or where neither or both are given.
 */
export function selectTargets<M extends Pick<Machine, 'Name' | 'Uuid'>>(
  expressions: readonly string[],
  all: boolean,
  machines: readonly M[],
): M[] {
  if (all) {
    if (expressions.length > 0) throw new UsageError('give either targets or --all, not both')
    return [...machines]
  }
  if (expressions.length === 0)
    throw new UsageError("no machine given: name machines, ranges such as 'node-[01-08]', or --all")
  const byName = new Map<string, M>()
  for (const machine of machines) byName.set(machine.Uuid, machine)
  for (const machine of machines) byName.set(machine.Name, machine)
  const found = new Set<M>()
  const unknown: string[] = []
  for (const name of expandHosts(expressions)) {
    const machine = byName.get(name)
    if (machine) found.add(machine)
    else unknown.push(name)
  }
  if (unknown.length > 0) throw new UsageError(`no such machine: ${listShortly(unknown)}. Nothing was sent`)
  return [...found]
}

/** The first five names, and the number of the others. */
export function listShortly(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
