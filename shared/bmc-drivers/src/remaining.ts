import type { Call } from '@powerbus/plugin-sdk/unshared'

/** Gives the limits of the next of several calls that share the time of one: what those before have left. */
export function remaining({ signal, timeoutMs }: Call): () => Call {
  const endMs = performance.now() + timeoutMs
  return () => ({ signal, timeoutMs: Math.max(1, endMs - performance.now()) })
}
