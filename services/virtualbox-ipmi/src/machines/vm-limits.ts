import type { Call } from '@powerbus/plugin-sdk'

/** Limit of making or destroying one VM, whose disk may take long. */
const CHANGE_MS = 60_000
/** Limit of a look at one VM with its BMC and its machine. */
const LOOK_MS = 12_000

/** The calls of one host: their limits, and the end of the plugin, which aborts them. */
export class VmLimits {
  readonly #end: AbortSignal
  readonly #lookMs: number

  constructor(end: AbortSignal, lookMs = LOOK_MS) {
    this.#end = end
    this.#lookMs = lookMs
  }

  /** For a look as a whole, so that one VM without an answer does not hold up the others. */
  look(signal: AbortSignal): Call {
    return this.call(AbortSignal.any([signal, AbortSignal.timeout(this.#lookMs)]), this.#lookMs)
  }

  change(signal: AbortSignal): Call {
    return this.call(signal, CHANGE_MS)
  }

  call(signal: AbortSignal, timeoutMs: number): Call {
    return { signal: AbortSignal.any([signal, this.#end]), timeoutMs }
  }
}
