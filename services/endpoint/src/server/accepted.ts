import type { FastifyReply } from 'fastify'

/** Counts the requests that are being answered. */
export class Accepted {
  #count = 0
  #whenNone: (() => void)[] = []

  begin(reply: FastifyReply): void {
    this.#count += 1
    reply.raw.once('close', () => {
      this.#count -= 1
      if (this.#count > 0) return
      for (const resolve of this.#whenNone.splice(0)) resolve()
    })
  }

  /** Whether every answer was sent, or its client had gone, within that time. */
  async endedWithin(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs)
      this.#whenNone.push(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }
}
