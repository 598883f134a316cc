import { type DrpEvent, isJsonObject } from '@powerbus/drp'
import type { Endpoint, Logger } from '@powerbus/plugin-sdk'

export interface KnownMachine {
  /** With those of its profiles and the defaults mixed in. */
  readonly params: Readonly<Record<string, unknown>>
  readonly profiles: readonly string[]
}

const KEPT_MS = 60_000
/** How long one that could not be read is not asked for again. */
const MISSED_MS = 5000
const MACHINES_MAX = 10_000
const TIMEOUT_MS = 3000

/** What a route may ask of a machine that its event does not tell: asked of the endpoint, and known for a minute. */
export class MachineLookup {
  readonly #known = new Map<string, { readonly machine: KnownMachine | undefined; readonly untilMs: number }>()

  /** Undefined where the endpoint does not answer in time, or has no such machine (any more). */
  async find(event: DrpEvent, uuid: string, endpoint: Endpoint, log: Logger): Promise<KnownMachine | undefined> {
    const known = this.#known.get(uuid)
    if (known && known.untilMs > Date.now()) return known.machine ?? toldBy(event)
    try {
      const { machines } = endpoint.api()
      const options = { timeoutMs: TIMEOUT_MS }
      const [machine, params] = await Promise.all([
        machines.get(uuid, {}, options),
        machines.params(uuid, { aggregate: true }, options),
      ])
      const found = { params, profiles: machine.Profiles }
      this.#keep(uuid, found, KEPT_MS)
      return found
    } catch (error) {
      this.#keep(uuid, undefined, MISSED_MS)
      const told = toldBy(event)
      if (!told) log.warn('a route asks for params of a machine that cannot be read', { uuid, error: String(error) })
      return told
    }
  }

  #keep(uuid: string, machine: KnownMachine | undefined, keptMs: number): void {
    if (this.#known.size >= MACHINES_MAX) this.#known.clear()
    this.#known.set(uuid, { machine, untilMs: Date.now() + keptMs })
  }
}

/** A machine that was deleted is known by its last event only, without what its profiles had. */
function toldBy({ Object: object }: DrpEvent): KnownMachine | undefined {
  if (!isJsonObject(object) || !isJsonObject(object.Params)) return undefined
  const profiles = Array.isArray(object.Profiles) ? object.Profiles.filter((name) => typeof name === 'string') : []
  return { params: object.Params, profiles }
}
