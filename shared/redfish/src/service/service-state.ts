import { randomUUID } from 'node:crypto'
import { type AccountOptions, Accounts } from './accounts.ts'
import { EventLog } from './event-log.ts'
import { Host, type HostOptions } from './host.ts'
import { LoginDelays } from './login-delays.ts'
import { paths } from './paths.ts'
import { type Personality, standard } from './personality.ts'
import { defaultQuirks, type Quirks } from './quirks.ts'
import { type ServiceClock, systemServiceClock } from './service-clock.ts'
import { serviceEvent } from './service-event.ts'
import { Sessions } from './sessions.ts'
import { Subscriptions } from './subscriptions.ts'
import { Tasks } from './tasks.ts'

/** How long an answer has to leave before the BMC is gone. */
const LEAVE_MS = 50

export interface ServiceStateOptions {
  readonly hosts: readonly HostOptions[]
  readonly accounts: readonly AccountOptions[]
  /** Default: `standard`. */
  readonly personality?: Personality
  readonly quirks?: Partial<Quirks>
  /** UUID of the service, which should stay over restarts; default: the first host's, else random. */
  readonly uuid?: string
  readonly clock?: ServiceClock
  /** Called with errors of the service and its machines that no client caused. */
  readonly onError?: (error: unknown) => void
}

/** All that a service keeps between requests. */
export class ServiceState {
  readonly personality: Personality
  /** The caller may change these at any time. */
  readonly quirks: Quirks
  readonly clock: ServiceClock
  readonly onError: (error: unknown) => void
  readonly uuid: string
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly logins: LoginDelays
  readonly tasks: Tasks
  readonly subscriptions: Subscriptions
  readonly managerLog = new EventLog()
  /** Images that updates sent, by the path of what they are for. */
  readonly images: { readonly target: string; readonly source: string; readonly bytes: number | undefined }[] = []
  ntpServers: readonly string[] = []
  /** Values that may be set at services and mean nothing more. */
  readonly settings = {
    authFailureLoggingThreshold: 3,
    minPasswordLength: 1,
    hostName: 'bmc',
    deliveryRetryAttempts: 3,
    deliveryRetryIntervalSeconds: 5,
  }
  readonly #hosts = new Map<string, Host>()
  /** The BMC restarts until then. */
  #downUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: ServiceStateOptions) {
    const { personality = standard, clock = systemServiceClock } = options
    const own: Partial<Quirks> = { ...personality.quirks, ...options.quirks }
    this.personality = personality
    this.quirks = { ...defaultQuirks, ...own, rules: (own.rules ?? []).map((rule) => ({ ...rule })) }
    this.clock = clock
    this.onError = options.onError ?? (() => undefined)
    this.accounts = new Accounts(options.accounts)
    this.sessions = new Sessions(clock, this.quirks)
    this.logins = new LoginDelays(clock, this.quirks)
    this.subscriptions = new Subscriptions(clock)
    this.tasks = new Tasks({
      clock,
      quirks: this.quirks,
      onError: this.onError,
      publish: (key, id) => this.subscriptions.publish(serviceEvent(key, `${paths.tasks}/${id}`, [id])),
    })
    for (const host of options.hosts) this.addHost(host)
    this.uuid = (options.uuid ?? this.hosts[0]?.uuid ?? randomUUID()).toLowerCase()
  }

  /** All systems that are hosts, in the order in which they were added. */
  get hosts(): readonly Host[] {
    return [...this.#hosts.values()]
  }

  host(id: string): Host | undefined {
    return this.#hosts.get(id)
  }

  addHost(options: HostOptions): Host {
    const { personality, quirks, clock } = this
    const publish = this.subscriptions.publish.bind(this.subscriptions)
    const cutStandby = (cut: Host) => this.cutStandby(cut)
    const host = new Host(options, { personality, quirks, clock, publish, cutStandby, onError: this.onError })
    if (this.#hosts.has(host.id)) throw new RangeError(`two hosts have the id ${host.id}: give each its own`)
    this.#hosts.set(host.id, host)
    return host
  }

  removeHost(id: string): void {
    this.#hosts.get(id)?.close()
    this.#hosts.delete(id)
  }

  /** Whether the BMC restarts, and answers nothing. */
  get isDown(): boolean {
    return this.clock.nowMs() < this.#downUntilMs
  }

  /** Takes the standby power of a host and of the BMC away for a while, shortly after the answer has left. */
  cutStandby(host: Host): void {
    const { standbyCutMs } = this.quirks
    this.clock.after(LEAVE_MS, () => {
      this.restart(standbyCutMs)
      host.power.cutStandby(standbyCutMs).catch(this.onError)
    })
  }

  /** The BMC restarts shortly after the answer has left. */
  restartSoon(): void {
    this.clock.after(LEAVE_MS, () => this.restart(this.quirks.managerResetMs))
  }

  /** The BMC restarts: it forgets its sessions, and answers nothing for a while. */
  restart(downMs: number): void {
    this.#downUntilMs = this.clock.nowMs() + downMs
    this.sessions.clear()
    this.subscriptions.close()
  }

  close(): void {
    this.tasks.close()
    this.subscriptions.close()
    for (const host of this.hosts) host.close()
  }
}
