import { unlessAborted } from './abort.ts'
import type { OnceClaim } from './coordinator.ts'

interface Joined {
  readonly claim: Pick<OnceClaim<unknown>, 'subject' | 'signal'>
  readonly result: Promise<unknown>
}

/**
 * The requests of one process that run or wait for another replica's run. Whoever asks for one of them again waits for the same promise:
 * a caller that loses patience asks often, and each that looked for itself would keep the store busy.
 */
export class JoinedRequests {
  readonly #underWay = new Map<string, Joined>()

  /** Calls `run` unless the request is under way. Where the one who called it gives up, another one of those who wait goes on. */
  async join<Result>(claim: OnceClaim<Result>, run: () => Promise<Result>): Promise<Result> {
    const { requestId, subject, signal } = claim
    for (;;) {
      const known = this.#underWay.get(requestId)
      // Another subject is a conflict, which `run` finds out.
      if (known?.claim.subject !== subject) break
      try {
        const result = await unlessAborted(known.result, signal, 'an earlier request of that name was running')
        return result as Result
      } catch (error) {
        if (signal.aborted || !known.claim.signal.aborted) throw error
      }
    }
    return await this.#lead(claim, run)
  }

  async #lead<Result>(claim: OnceClaim<Result>, run: () => Promise<Result>): Promise<Result> {
    const { requestId } = claim
    if (this.#underWay.has(requestId)) return await run()
    const result = run()
    this.#underWay.set(requestId, { claim, result })
    try {
      return await result
    } finally {
      this.#underWay.delete(requestId)
    }
  }
}
