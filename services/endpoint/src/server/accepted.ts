import { endsWithin } from '@powerbus/turns'
import type { FastifyReply } from 'fastify'

/** Counts what was accepted and has not ended. */
export class Accepted {
  #count = 0
  #whenNone: (() => void)[] = []

  /** A request, until it is answered or its client has gone. */
  begin(reply: FastifyReply): void {
    reply.raw.once('close', this.#one())
  }

  /** Work that goes on to its end, whether its client is still there or not. */
  async during<T>(work: Promise<T>): Promise<T> {
    const end = this.#one()
    try {
      return await work
    } finally {
      end()
    }
  }

  /** Whether all of it ended within that time. */
  async endedWithin(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true
    return await endsWithin(new Promise<void>((resolve) => this.#whenNone.push(resolve)), timeoutMs)
  }

  /** Counts one more; what it gives is called once, when that one has ended. */
  #one(): () => void {
    this.#count += 1
    return () => {
      this.#count -= 1
      if (this.#count > 0) return
      for (const resolve of this.#whenNone.splice(0)) resolve()
    }
  }
}
