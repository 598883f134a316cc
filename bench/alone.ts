import { endScope, openScope, type TestScope } from '@powerbus/testkit'

/** Runs the work with a scope of its own, whose processes and files end with it. */
export async function alone<T>(work: (scope: TestScope) => Promise<T>): Promise<T> {
  const scope = openScope()
  try {
    return await work(scope)
  } finally {
    await endScope(scope)
  }
}
