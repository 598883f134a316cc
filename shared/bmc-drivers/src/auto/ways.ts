/** The protocols that mode auto chooses among. */
export type Way = 'redfish' | 'ipmitool'

interface Finding {
  readonly way: Way
  readonly atMs: number
}

/** After this a finding is looked for again: a firmware update may have brought Redfish. */
const KEPT_MS = 3_600_000
/** Of these the longest unused are forgotten. */
const MOST = 20_000

/** Which way each BMC was found to answer, in this process. */
export class Ways {
  readonly #found = new Map<string, Finding>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  of(key: string): Way | undefined {
    const finding = this.#found.get(key)
    return finding && this.#nowMs() - finding.atMs < KEPT_MS ? finding.way : undefined
  }

  found(key: string, way: Way): void {
    this.#found.delete(key)
    this.#found.set(key, { way, atMs: this.#nowMs() })
    const [oldest] = this.#found.keys()
    if (this.#found.size > MOST && oldest !== undefined) this.#found.delete(oldest)
  }

  forget(key: string): void {
    this.#found.delete(key)
  }
}
