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
      if (!known) break
      // A conflict, which `run` finds out.
      if (known.claim.subject !== subject) return await run()
      try {
        const result = await unlessAborted(known.result, signal, 'an earlier request of that name was running')
        return result as Result
      } catch (error) {
        if (signal.aborted || !known.claim.signal.aborted) throw error
      }
    }
    const result = run().finally(() => this.#underWay.delete(requestId))
    this.#underWay.set(requestId, { claim, result })
    return await result
  }
}
