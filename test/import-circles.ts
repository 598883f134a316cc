import { dirname, join, normalize } from 'node:path'
import type { SourceImport } from './source-imports.ts'

/** Groups of files that import each other by relative paths, over others too; each sorted. Empty where there is no circle. */
export function importCircles(imports: readonly SourceImport[]): string[][] {
  const targets = new Map<string, Set<string>>()
  for (const { file, name } of imports) {
    if (!name.startsWith('.')) continue
    targets.set(file, (targets.get(file) ?? new Set()).add(normalize(join(dirname(file), name))))
  }
  const reach = new Map([...targets.keys()].map((file) => [file, reachedFrom(file, targets)]))
  const circles = new Set<string>()
  for (const [file, reached] of reach) {
    if (!reached.has(file)) continue
    circles.add(
      [...reached]
        .filter((other) => reach.get(other)?.has(file))
        .sort()
        .join('\n'),
    )
  }
  return [...circles].map((files) => files.split('\n'))
}

/** What a file imports, directly or over others; itself only where it is in a circle. */
function reachedFrom(file: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>()
  const next = [file]
  for (const from of next) {
    for (const target of targets.get(from) ?? []) {
      if (reached.has(target)) continue
      reached.add(target)
      next.push(target)
    }
  }
  return reached
}
