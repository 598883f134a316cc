import { getSdrRepositoryInfo, type IpmiSession } from 'node-ipmi'
import { type KnownSensor, readKnownSensors } from 'node-ipmi/records'

/** Most BMCs whose sensors are kept: some 100 KB each. */
const MOST_BMCS = 64

/**
 * The sensors of the BMCs that were read last, since a repository of some hundred records takes seconds to read and
 * hardly ever changes. One command shows whether it has: its times of change, and how many records there are. §33.9.
 */
export class KnownSensors {
  readonly #known = new Map<string, { readonly mark: string; readonly sensors: readonly KnownSensor[] }>()

  /** Throws IpmiError, `timeout` when fewer than `keepMs` milliseconds are left. `key`: address and port of the BMC. */
  async of(session: IpmiSession, key: string, keepMs = 0): Promise<readonly KnownSensor[]> {
    const { records, lastAddition, lastErase } = await session.send(getSdrRepositoryInfo)
    const mark = `${records} ${lastAddition} ${lastErase}`
    const known = this.#known.get(key)
    this.#known.delete(key)
    const sensors = known?.mark === mark ? known.sensors : await readKnownSensors(session, keepMs)
    this.#known.set(key, { mark, sensors })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_BMCS && oldest !== undefined) this.#known.delete(oldest)
    return sensors
  }
}
