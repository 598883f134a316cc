/** What owns resources: a tap test, or an `openScope()` of a benchmark. Handlers run once, the last one added first. */
export interface TestScope {
  teardown(end: () => unknown): void
}

const open = new WeakMap<TestScope, (() => unknown)[]>()

/** A scope for programs that are not tap tests; end it with `endScope`. */
export function openScope(): TestScope {
  const handlers: (() => unknown)[] = []
  const scope: TestScope = { teardown: (end) => handlers.push(end) }
  open.set(scope, handlers)
  return scope
}

/** Runs what was registered, the last first. One that fails does not keep the others from running; the first error is thrown. */
export async function endScope(scope: TestScope): Promise<void> {
  const handlers = open.get(scope) ?? []
  const failures: unknown[] = []
  for (let end = handlers.pop(); end; end = handlers.pop()) {
    try {
      await end()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} resources could not be released`)
}
