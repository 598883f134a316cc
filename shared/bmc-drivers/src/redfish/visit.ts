import { linkAt, linksAt, type RedfishConnection, RedfishError, type Resource } from '@powerbus/redfish'
import type { Budget } from './budget.ts'
import { isAbsent } from './redfish-failure.ts'
import type { Rules } from './rules.ts'

/** What an action does at one BMC within the time of one call. */
export class Visit {
  readonly connection: RedfishConnection
  readonly budget: Budget
  readonly key: string
  /** Told each PowerState of the system that is read. */
  readonly sawPower: (word: string | undefined) => void
  readonly #systemId: string | undefined
  readonly #rulesOf: (visit: Visit) => Promise<Rules>

  constructor(options: {
    readonly connection: RedfishConnection
    readonly budget: Budget
    readonly key: string
    readonly systemId: string | undefined
    readonly rulesOf: (visit: Visit) => Promise<Rules>
    readonly sawPower?: (word: string | undefined) => void
  }) {
    this.connection = options.connection
    this.budget = options.budget
    this.key = options.key
    this.#systemId = options.systemId
    this.#rulesOf = options.rulesOf
    this.sawPower = options.sawPower ?? (() => undefined)
  }

  /** By which this BMC is driven; the first time it reads root and system for them. */
  rules(): Promise<Rules> {
    return this.#rulesOf(this)
  }

  root(): Promise<Resource> {
    return this.connection.root(this.budget.call())
  }

  /** The system as it is now. */
  system(): Promise<Resource> {
    return this.connection.system(this.budget.call(), this.#systemId)
  }

  /** Undefined for a BMC that has no systems: a power shelf. */
  async systemIfAny(): Promise<Resource | undefined> {
    try {
      return await this.system()
    } catch (error) {
      if (error instanceof RedfishError && error.kind === 'no-system') return undefined
      throw error
    }
  }

  get(path: string): Promise<Resource> {
    return this.connection.get(path, this.budget.call())
  }

  /** Undefined where there is no path, or nothing at it. */
  async getIfAny(path: string | undefined): Promise<Resource | undefined> {
    if (path === undefined) return undefined
    try {
      return await this.get(path)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** The members of a collection that can be read, `most` at most; `onBroken` gets the others. Nothing where there is no collection. */
  async members(
    path: string | undefined,
    options: {
      readonly most?: number
      readonly maxBytes?: number
      onBroken?(path: string, error: RedfishError): void
    } = {},
  ): Promise<Resource[]> {
    const { most = MOST_MEMBERS, maxBytes, onBroken } = options
    const found: Resource[] = []
    if (path === undefined) return found
    const call = this.budget.call(maxBytes === undefined ? {} : { maxBytes })
    try {
      for await (const member of this.connection.members(path, call, (broken) =>
        onBroken?.(broken.path, broken.error),
      )) {
        found.push(member)
        if (found.length >= most) break
      }
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
    return found
  }

  /** The BMC that manages the system, else the only manager. */
  async manager(system: Resource | undefined): Promise<Resource | undefined> {
    for (const path of linksAt(system?.body, 'Links', 'ManagedBy')) {
      const manager = await this.getIfAny(path)
      if (manager) return manager
    }
    const managers = await this.members(linkAt((await this.root()).body, 'Managers'), { most: 2 })
    return managers.length === 1 ? managers[0] : undefined
  }

  /** The chassis that the system is in, else all. One that cannot be read is left out. */
  async chassis(system: Resource | undefined): Promise<Resource[]> {
    const found: Resource[] = []
    for (const path of linksAt(system?.body, 'Links', 'Chassis')) {
      const chassis = await this.getIfAny(path)
      if (chassis) found.push(chassis)
    }
    return found.length > 0 ? found : this.members(linkAt((await this.root()).body, 'Chassis'), { most: MOST_CHASSIS })
  }
}

const MOST_MEMBERS = 2000
/** A rack of boards shows dozens; each costs several requests. */
const MOST_CHASSIS = 32
