import type { Call } from '@powerbus/plugin-sdk/unshared'
import { remaining } from '../remaining.ts'
import { RemoteError, type RemoteErrorKind } from '../remote-error.ts'
import type { CommandKind, RacadmTransport } from './racadm-transport.ts'

/** Says that this RAC has no racadm over HTTPS. A certificate that is not trusted, a wrong password and a full RAC do not. */
const noCgi: ReadonlySet<RemoteErrorKind> = new Set(['missing', 'unreachable', 'lost', 'invalid'])

export interface Ways {
  readonly cgi: () => RacadmTransport
  readonly ssh: () => RacadmTransport
}

/** What was found of a RAC, for the next action. */
export interface FoundWay {
  get(): 'ssh' | undefined
  set(way: 'ssh' | undefined): void
}

/** CGI over HTTPS; SSH where the login showed that the RAC has no CGI, before anything was sent. */
export class AutoTransport implements RacadmTransport {
  readonly #ways: Ways
  readonly #found: FoundWay
  #used: RacadmTransport | undefined

  constructor(ways: Ways, found: FoundWay) {
    this.#ways = ways
    this.#found = found
  }

  async run(command: readonly string[], kind: CommandKind, call: Call): Promise<string> {
    if (this.#used) return await this.#used.run(command, kind, call)
    const way = this.#found.get()
    const first = way === 'ssh' ? this.#ways.ssh() : this.#ways.cgi()
    const left = remaining(call)
    try {
      const output = await first.run(command, kind, call)
      this.#used = first
      return output
    } catch (error) {
      const isElsewhere = error instanceof RemoteError && !error.sent && noCgi.has(error.kind)
      if (!isElsewhere) this.#used = first
      else await first.close(call)
      if (!isElsewhere) throw error
      // What was found once is looked for again.
      if (way === 'ssh') {
        this.#found.set(undefined)
        throw error
      }
    }
    const second = this.#ways.ssh()
    this.#used = second
    const output = await second.run(command, kind, left())
    this.#found.set('ssh')
    return output
  }

  async close(call: Call): Promise<void> {
    await this.#used?.close(call)
  }
}
