import { type DrpEvent, isJsonObject } from '@powerbus/drp'
import type { Endpoint, Logger } from '@powerbus/plugin-sdk'

export interface KnownMachine {
  /** With those of its profiles and the defaults mixed in. */
  readonly params: Readonly<Record<string, unknown>>
  readonly profiles: readonly string[]
}

const KEPT_MS = 60_000
/** Time after which a machine that could not be read is read again. */
const MISSED_MS = 5000
const MACHINES_MAX = 10_000
const TIMEOUT_MS = 3000

/** Params and profiles of machines for the routes that ask for them: read from the endpoint, and kept for a minute. */
export class MachineLookup {
  readonly #known = new Map<string, { readonly machine: KnownMachine | undefined; readonly untilMs: number }>()

  /**
   * If the endpoint does not answer within 3 s, or has no such machine (any more), gives what the event itself says of
   * it; undefined if it says nothing.
   */
  async find(event: DrpEvent, uuid: string, endpoint: Endpoint, log: Logger): Promise<KnownMachine | undefined> {
    const known = this.#known.get(uuid)
    if (known && known.untilMs > Date.now()) return known.machine ?? machineIn(event)
    try {
      const { machines } = endpoint.api()
      const options = { timeoutMs: TIMEOUT_MS }
      const [{ Profiles: profiles }, params] = await Promise.all([
        machines.get(uuid, {}, options),
        machines.params(uuid, { aggregate: true }, options),
      ])
      return this.#keep(uuid, { params, profiles }, KEPT_MS)
    } catch (error) {
      this.#keep(uuid, undefined, MISSED_MS)
      const machine = machineIn(event)
      if (!machine) log.warn('a machine whose params a route asks for cannot be read', { uuid, error: String(error) })
      return machine
    }
  }

  #keep(uuid: string, machine: KnownMachine | undefined, keptMs: number): KnownMachine | undefined {
    if (this.#known.size >= MACHINES_MAX) this.#known.clear()
    this.#known.set(uuid, { machine, untilMs: Date.now() + keptMs })
    return machine
  }
}

/** The event of a deleted machine has its own params and profiles, but not the params of those profiles. */
function machineIn({ Object: object }: DrpEvent): KnownMachine | undefined {
  const machine = isJsonObject(object) && isJsonObject(object.Machine) ? object.Machine : object
  if (!isJsonObject(machine) || !isJsonObject(machine.Params)) return undefined
  const profiles = Array.isArray(machine.Profiles) ? machine.Profiles.filter((name) => typeof name === 'string') : []
  return { params: machine.Params, profiles }
}
