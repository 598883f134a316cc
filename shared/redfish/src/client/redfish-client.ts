import { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { addressOf, Bmc } from './bmc.ts'
import { BmcConnection } from './bmc-connection.ts'
import { type ClientCounters, newCounters } from './client-counters.ts'
import { HandshakeSlots } from './handshake-slots.ts'
import { Login, loginKey } from './login.ts'
import { plainFingerprint, socketOpener, tlsContext } from './open-socket.ts'
import { type RedfishClock, type RedfishTimer, systemClock } from './redfish-clock.ts'
import type { RedfishConnection } from './redfish-connection.ts'
import { RedfishError } from './redfish-error.ts'
import type { RedfishTarget } from './redfish-target.ts'
import { UndiciWire } from './undici-wire.ts'
import type { Wire } from './wire.ts'

export interface RedfishClientOptions {
  /** Limit of a TCP and TLS handshake. Default 10 s. */
  readonly connectMs?: number
  readonly clock?: RedfishClock
  /** Replaces the network; `onConnect` is to be called for each connection. */
  readonly openWire?: (target: RedfishTarget, onConnect: () => void) => Wire
  /** BMCs whose facts are remembered while nobody uses them. Default 20,000. */
  readonly rememberedBmcs?: number
}

const CONNECT_MS = 10_000
const REMEMBERED = 20_000
/** Logouts at `close` take no longer, whatever the BMCs do. */
const CLOSE_MS = 5_000

interface Entry {
  readonly bmc: Bmc
  readonly logins: Map<string, Login>
  connections: number
}

/** Redfish for all BMCs of a process: one connection and at most one session per BMC. */
export class RedfishClient {
  readonly counters: ClientCounters = newCounters()
  readonly #options: RedfishClientOptions
  readonly #clock: RedfishClock
  readonly #slots: HandshakeSlots
  /** By address and TLS settings, the longest unused first. */
  readonly #bmcs = new Map<string, Entry>()
  readonly #contexts = new Map<string, SecureContext>()
  readonly #connections = new Set<BmcConnection>()
  #closing: Promise<void> | undefined

  constructor(options: RedfishClientOptions = {}) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#slots = new HandshakeSlots(this.#clock)
  }

  /** Sends nothing. @throws RedfishError `invalid`, `closed` */
  connect(target: RedfishTarget): RedfishConnection {
    const address = addressOf(target)
    if (this.#closing !== undefined) throw new RedfishError('closed', address, 'the client was closed', { sent: false })
    const key = `${target.scheme ?? 'https'} ${address} ${JSON.stringify(target.tls ?? {})}`
    const entry = this.#bmcs.get(key) ?? { bmc: this.#newBmc(target), logins: new Map(), connections: 0 }
    this.#bmcs.delete(key)
    this.#bmcs.set(key, entry)
    this.#forgetUnused()
    const { bmc, logins } = entry
    const user = loginKey(target.username, target.password)
    const login = logins.get(user) ?? new Login(bmc, this.#clock, target.username, target.password)
    logins.set(user, login)
    entry.connections += 1
    const connection = new BmcConnection({ bmc, login }, this.#clock, () => {
      entry.connections -= 1
      this.#connections.delete(connection)
    })
    this.#connections.add(connection)
    return connection
  }

  /** Ends all calls as `closed`, logs all sessions out, and returns after 5 s at most. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.close()
    const entries = [...this.#bmcs.values()]
    const open = entries.flatMap(({ logins }) => [...logins.values()].filter(({ isOpen }) => isOpen))
    let timer: RedfishTimer | undefined
    await Promise.race([
      Promise.all(open.map((login) => login.logOut())),
      new Promise<void>((resolve) => {
        timer = this.#clock.after(CLOSE_MS, resolve)
      }),
    ])
    timer?.cancel()
    for (const { bmc } of entries) bmc.wire.close()
    this.#bmcs.clear()
  }

  #newBmc(target: RedfishTarget): Bmc {
    const onConnect = () => {
      this.counters.connections += 1
    }
    const { openWire, connectMs = CONNECT_MS } = this.#options
    const address = addressOf(target)
    const wire = openWire
      ? openWire(target, onConnect)
      : new UndiciWire(
          `${target.scheme ?? 'https'}://${address}`,
          socketOpener(target, this.#contextOf(target), connectMs),
          this.#slots,
          this.#clock,
          onConnect,
        )
    return new Bmc(target, wire, this.counters)
  }

  /** One for all BMCs with the same settings: to make one costs more than a handshake. */
  #contextOf(target: RedfishTarget): SecureContext | undefined {
    if (target.scheme === 'http') return undefined
    const { ca, legacy, fingerprint } = target.tls ?? {}
    const invalid = (what: string, cause?: unknown) =>
      new RedfishError('invalid', addressOf(target), what, { sent: false, cause })
    if (fingerprint !== undefined && plainFingerprint(fingerprint) === undefined) {
      throw invalid('the fingerprint must be a SHA-256 in hex, 64 digits')
    }
    const key = JSON.stringify([ca, legacy ?? false])
    let context = this.#contexts.get(key)
    if (!context) {
      try {
        // createSecureContext takes any text.
        if (ca !== undefined) new X509Certificate(ca)
        context = tlsContext({ ...(ca !== undefined && { ca }), ...(legacy !== undefined && { legacy }) })
      } catch (error) {
        throw invalid('the CA is no certificate in PEM', error)
      }
      this.#contexts.set(key, context)
    }
    return context
  }

  #forgetUnused(): void {
    const most = this.#options.rememberedBmcs ?? REMEMBERED
    if (this.#bmcs.size <= most) return
    for (const [key, { connections, logins, bmc }] of this.#bmcs) {
      if (connections > 0 || [...logins.values()].some(({ isOpen }) => isOpen)) continue
      bmc.wire.close()
      this.#bmcs.delete(key)
      if (this.#bmcs.size <= most) return
    }
  }
}
