import type { Call } from '@powerbus/plugin-sdk'

/** Limit of making or destroying one VM, whose disk may take long. */
const CHANGE_MS = 60_000
/** Limit of a look at one VM with its BMC and its machine. */
const LOOK_MS = 12_000

export type VmLimits = ReturnType<typeof vmLimits>

/** The calls of one host: their limits, and the end of the plugin, which aborts them. */
export function vmLimits(end: AbortSignal, lookMs = LOOK_MS) {
  const call = (signal: AbortSignal, timeoutMs: number): Call => ({ signal: AbortSignal.any([signal, end]), timeoutMs })
  return {
    call,
    change: (signal: AbortSignal) => call(signal, CHANGE_MS),
    /** For a look as a whole, so that one VM without an answer does not hold up the others. */
    look: (signal: AbortSignal) => call(AbortSignal.any([signal, AbortSignal.timeout(lookMs)]), lookMs),
  }
}
