/** Owner of resources: a tap test, or `openScope()` in other programs. Handlers run once, the last added first. */
export interface TestScope {
  teardown(end: () => unknown): void
}

const open = new WeakMap<TestScope, (() => unknown)[]>()

/** A scope for programs that are not tap tests; the caller ends it with `endScope`. */
export function openScope(): TestScope {
  const handlers: (() => unknown)[] = []
  const scope: TestScope = { teardown: (end) => handlers.push(end) }
  open.set(scope, handlers)
  return scope
}

/** Runs all handlers, the last added first, even if some fail. Throws an AggregateError of all failures. */
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
