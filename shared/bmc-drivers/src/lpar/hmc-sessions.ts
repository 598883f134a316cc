import { createHash } from 'node:crypto'
import type { Call } from '@powerbus/plugin-sdk/unshared'
import { hostAndPort } from '../host-and-port.ts'
import type { HttpsClient } from '../https-client.ts'
import { type HmcLogin, type HmcToken, logOffAt, logOn } from './hmc-session.ts'

const IDLE_MS = 600_000
/** Longest wait for all logoffs when the process stops. */
const CLOSE_MS = 2000

interface Entry {
  readonly login: HmcLogin
  token: HmcToken | undefined
  /** The logon that is under way. */
  logon: Promise<HmcToken> | undefined
  users: number
  idle: NodeJS.Timeout | undefined
}

/** One action's share of a session. */
export interface SessionShare {
  /** The session's token; logs on where there is none, or it is the one that the HMC has refused. */
  token(https: HttpsClient, call: Call, refused?: HmcToken): Promise<HmcToken>
  release(): void
}

/**
 * One session for each HMC and user, shared by all actions: HMCs allow few. It is logged off when nobody has used it for ten minutes,
 * and when the process stops.
 */
export class HmcSessions {
  readonly #entries = new Map<string, Entry>()
  readonly #idleMs: number

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs
  }

  share(login: HmcLogin): SessionShare {
    const key = keyOf(login)
    const entry = this.#entries.get(key) ?? { login, token: undefined, logon: undefined, users: 0, idle: undefined }
    this.#entries.set(key, entry)
    clearTimeout(entry.idle)
    entry.users++
    return {
      token: (https, call, refused) => tokenOf(entry, https, call, refused),
      release: () => {
        if (--entry.users > 0) return
        if (entry.token === undefined) this.#entries.delete(key)
        else entry.idle = setTimeout(() => void this.#end(key, entry), this.#idleMs).unref()
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries].map(([key, entry]) => this.#end(key, entry)))
  }

  async #end(key: string, entry: Entry): Promise<void> {
    this.#entries.delete(key)
    clearTimeout(entry.idle)
    const { token, login } = entry
    entry.token = undefined
    if (token) await logOffAt(login, token, { signal: new AbortController().signal, timeoutMs: CLOSE_MS })
  }
}

async function tokenOf(entry: Entry, https: HttpsClient, call: Call, refused?: HmcToken): Promise<HmcToken> {
  for (;;) {
    if (entry.token && entry.token !== refused) return entry.token
    const underWay = entry.logon
    if (!underWay) break
    try {
      return await underWay
    } catch (error) {
      // Whoever logged on may have given up; a refusal is true for all.
      if (!call.signal.aborted && error instanceof Error && error.name !== 'RemoteError') continue
      throw error
    }
  }
  const logon = logOn(https, entry.login, call)
  entry.logon = logon
  try {
    entry.token = await logon
    return entry.token
  } finally {
    entry.logon = undefined
  }
}

/** Another password, or another trust, is another session. */
function keyOf({ username, password, trust, ...place }: HmcLogin): string {
  const secret = createHash('sha256').update(password.reveal()).digest('base64')
  return JSON.stringify([hostAndPort(place), username, secret, trust])
}
