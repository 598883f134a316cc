import type { LiteralAddress } from '../transport/resolve-host.ts'

/** Most names remembered. */
const KEPT = 4096

/** The address at which the BMC of a name answered last. */
export class KnownAddresses {
  readonly #answered = new Map<string, string>()

  note(name: string, { address }: LiteralAddress): void {
    this.#answered.delete(name)
    this.#answered.set(name, address)
    const [oldest] = this.#answered.keys()
    if (this.#answered.size > KEPT && oldest !== undefined) this.#answered.delete(oldest)
  }

  /** Each address once, the one that answered last first. */
  sorted(name: string, addresses: readonly LiteralAddress[]): readonly LiteralAddress[] {
    const known = this.#answered.get(name)
    const each = addresses.filter(({ address }, at) => addresses.findIndex((one) => one.address === address) === at)
    const first = each.find(({ address }) => address === known)
    return first === undefined ? each : [first, ...each.filter((one) => one !== first)]
  }
}
