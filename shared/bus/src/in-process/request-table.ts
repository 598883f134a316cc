import { readJson } from '@powerbus/store'
import type { RequestOptions } from '../bus.ts'
import { BusError } from '../bus-error.ts'
import { encodeBody } from '../bus-event.ts'
import { callerLimit } from '../requests/caller-limit.ts'
import { type RequestQueue, resultOf } from '../requests/request-queue.ts'
import { subjectOf } from '../subject.ts'

export interface Server {
  readonly subject: readonly string[]
  readonly group: string
  readonly queue: RequestQueue
}

/** Who serves what in this process. */
export class RequestTable {
  readonly #servers = new Set<Server>()
  #turn = 0

  /** Gives what takes it out. */
  add(server: Server): () => Promise<void> {
    this.#servers.add(server)
    return async () => void this.#servers.delete(server)
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    const name = subjectOf(...subject)
    const text = encodeBody(body)
    const { timeoutMs, requestId, trace } = options
    const chosen = this.#chosen(subject)
    return await callerLimit(name, options, async () => {
      if (chosen.length === 0) throw new BusError('NO_RESPONDERS', `nobody serves ${name}`)
      const answers = chosen.map(async ({ queue }) => {
        const answer = await queue.answer({
          subject: [...subject],
          body: readJson(text),
          requestId,
          trace,
          timeoutMs,
        })
        // Left undone because it is late: the caller has its own deadline.
        return answer ?? (await new Promise<never>(() => undefined))
      })
      return resultOf(await Promise.race(answers))
    })
  }

  /** One server of each group. */
  #chosen(subject: readonly string[]): Server[] {
    const groups = new Map<string, Server[]>()
    for (const server of this.#servers) {
      if (serves(server.subject, subject)) groups.set(server.group, [...(groups.get(server.group) ?? []), server])
    }
    this.#turn += 1
    return [...groups.values()].flatMap((servers) => servers[this.#turn % servers.length] ?? [])
  }
}

function serves(pattern: readonly string[], subject: readonly string[]): boolean {
  return pattern.length === subject.length && pattern.every((part, at) => part === '*' || part === subject[at])
}
