import type { Resource } from '../resources/resource.ts'
import { detectVendor, wantsAnyETag } from '../vendors/detect-vendor.ts'
import type { ClientCounters } from './client-counters.ts'
import { hasSlash, otherSlash } from './redfish-path.ts'
import type { RedfishTarget } from './redfish-target.ts'
import { Turn } from './turn.ts'
import type { Wire } from './wire.ts'

/** What the process knows of one BMC, whoever speaks to it. */
export class Bmc {
  /** Address and port, for messages. */
  readonly address: string
  readonly wire: Wire
  /** One exchange after the other. */
  readonly turn = new Turn()
  /** One login after the other: at most one session is open. */
  readonly loginTurn = new Turn()
  /** The login that has a session. */
  sessionHolder: { logOut(): Promise<void> } | undefined
  readonly counters: ClientCounters
  /** The service root once it was read. */
  root: Resource | undefined
  /** The BMC takes no session login. */
  basicOnly = false
  /** The BMC refuses `$expand`, whatever its root says. */
  refusesExpand = false
  /** Paths of the systems found, by system id; the only host by ''. */
  readonly systemPaths = new Map<string, string>()
  readonly #scheme: string
  readonly #host: string
  readonly #port: number
  #slash: boolean | undefined
  #anyETag = false

  constructor(target: RedfishTarget, wire: Wire, counters: ClientCounters) {
    this.address = addressOf(target)
    this.wire = wire
    this.counters = counters
    this.#scheme = target.scheme ?? 'https'
    this.#host = new URL(`http://${hostOf(target.address)}`).hostname
    this.#port = portOf(target)
  }

  /** Whether an absolute address names this BMC: same host, scheme and port. A path alone does. */
  isHere(target: string): boolean {
    if (!/^https?:\/\//i.test(target)) return true
    if (!URL.canParse(target)) return false
    const { protocol, hostname, port } = new URL(target)
    const scheme = protocol.slice(0, -1)
    return scheme === this.#scheme && hostname === this.#host && (Number(port) || defaultPorts[scheme]) === this.#port
  }

  /** Whether a write sends `If-Match: *`: by what the BMC said, or by its vendor where the root was read. */
  get takesAnyETag(): boolean {
    return this.#anyETag || (this.root !== undefined && wantsAnyETag(detectVendor({ root: this.root.body }).vendor))
  }

  learnAnyETag(): void {
    this.#anyETag = true
  }

  /** The BMC answered this path where it knew nothing of the same path without, or with, a trailing slash. */
  learnSlash(path: string): void {
    if (!isRoot(path)) this.#slash = hasSlash(path)
  }

  withLearntSlash(path: string): string {
    return this.#slash === undefined || hasSlash(path) === this.#slash || isRoot(path) ? path : otherSlash(path)
  }
}

/** The root's form is fixed by the specification, and says nothing of the rest. DSP0266 §6.5. */
function isRoot(path: string): boolean {
  return /^\/redfish(\/v1)?\/?$/.test(path)
}

const defaultPorts: Readonly<Record<string, number>> = { https: 443, http: 80 }

export function portOf({ port, scheme = 'https' }: RedfishTarget): number {
  return port ?? defaultPorts[scheme] ?? 443
}

/** `192.0.2.7:443`, `[2001:db8::7]:443`. */
export function addressOf(target: RedfishTarget): string {
  return `${hostOf(target.address)}:${portOf(target)}`
}

/** As it stands in a URL. */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
