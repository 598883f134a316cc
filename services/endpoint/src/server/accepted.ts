import { endsWithin } from '@powerbus/turns'
import type { FastifyReply } from 'fastify'

/** Counts the accepted requests and actions that have not ended. */
export class Accepted {
  #count = 0
  #whenNone: (() => void)[] = []

  /** Counts a request until it is answered or its client disconnects. */
  begin(reply: FastifyReply): void {
    reply.raw.once('close', this.#one())
  }

  /** Counts work that runs to its end even when its client disconnects. */
  async during<T>(work: Promise<T>): Promise<T> {
    const end = this.#one()
    try {
      return await work
    } finally {
      end()
    }
  }

  /** Waits until nothing is counted, at most `timeoutMs`; false where that was too short. */
  async endedWithin(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true
    return await endsWithin(new Promise<void>((resolve) => this.#whenNone.push(resolve)), timeoutMs)
  }

  /** Counts one more. The caller calls the returned function once, at its end. */
  #one(): () => void {
    this.#count += 1
    return () => {
      this.#count -= 1
      if (this.#count > 0) return
      for (const resolve of this.#whenNone.splice(0)) resolve()
    }
  }
}
