import { UsageError } from './cli-error.ts'
import { expandHosts } from './host-range.ts'

export interface NamedMachine {
  readonly Name: string
  readonly Uuid: string
}

/**
 * The machines that target expressions (names, UUIDs, host ranges) or `all` stand for, each once, in the order asked
 * for. Throws a UsageError that names what is unknown, or where neither or both are given.
 */
export function selectTargets<M extends NamedMachine>(
  expressions: readonly string[],
  all: boolean,
  machines: readonly M[],
): M[] {
  if (all) {
    if (expressions.length > 0) throw new UsageError('give either targets or --all, not both')
    return [...machines]
  }
  if (expressions.length === 0)
    throw new UsageError("which machines? Give names, ranges such as 'node-[01-08]', or --all")
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

/** The first five of a list, and how many more there are. */
export function listShortly(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
