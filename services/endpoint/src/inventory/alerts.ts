import { randomUUID } from 'node:crypto'
import { type Alert, FieldReader, isJsonObject, type JsonObject } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { Slots } from '@powerbus/turns'
import { ENDPOINT_PRINCIPAL } from './change.ts'
import type { Collection } from './collection.ts'

const ALERTS_MAX = 1000
const LEVELS = ['Error', 'Warn', 'Info', 'Debug']

/** Alerts: what a person should look at. One that is raised again before anybody has acknowledged it counts up. */
export class Alerts {
  readonly #collection: Collection<Alert>
  readonly #most: number
  /** One at a time, so that two of one name do not become two alerts. */
  readonly #slot = new Slots(1)

  constructor(collection: Collection<Alert>, most = ALERTS_MAX) {
    this.#collection = collection
    this.#most = most
  }

  /**
   * Makes an alert, or counts up the unacknowledged one of that Name, which takes over the given fields. Of more than
   * 1000 the oldest acknowledged one goes, else the oldest. Throws REQUEST_INVALID and STORE_UNAVAILABLE.
   */
  async raise(value: JsonObject, principal = ENDPOINT_PRINCIPAL): Promise<Alert> {
    const { Contents, Note, Params } = value
    const Name = new FieldReader(value, 'Alert').name('Name')
    // Go's client sends every field, empty where it was not given.
    const Level = value.Level || 'Error'
    if (!LEVELS.some((level) => level === Level)) {
      throw new PowerbusError('OBJECT_INVALID', `Level of an alert is one of ${LEVELS.join(', ')}`)
    }
    return await this.#slot.run(async () => {
      const present = this.#collection.list().find((alert) => alert.Name === Name && !alert.Acknowledged)
      if (present === undefined) {
        await this.#makeRoom()
        const fresh = { Acknowledged: false, AcknowledgeTime: undefined, AcknowledgeUser: '', Count: 1 }
        const Uuid = value.Uuid || timedUuid()
        return await this.#collection.create({ ...value, ...fresh, Uuid, Level, Principal: principal }, principal)
      }
      const told = Object.entries({ Level: value.Level, Contents, Note }).filter(([, text]) => Boolean(text))
      const again = (was: Alert) => ({
        ...was,
        ...Object.fromEntries(told),
        Params: { ...was.Params, ...(isJsonObject(Params) && Params) },
        Count: was.Count + 1,
      })
      return await this.#collection.update(present.Uuid, again, principal)
    })
  }

  /** Says who has seen it; an acknowledged one stays as it is. Throws OBJECT_UNKNOWN and STORE_UNAVAILABLE. */
  async acknowledge(key: string, principal: string): Promise<Alert> {
    const seen = { Acknowledged: true, AcknowledgeTime: new Date().toISOString(), AcknowledgeUser: principal }
    return await this.#slot.run(async () => {
      return await this.#collection.update(key, (was) => (was.Acknowledged ? was : { ...was, ...seen }), principal)
    })
  }

  async #makeRoom(): Promise<void> {
    const all = this.#collection.list()
    if (all.length < this.#most) return
    const age = ({ Acknowledged, Uuid }: Alert) => `${Acknowledged ? 0 : 1} ${Uuid}`
    const [oldest] = all.sort((a, b) => (age(a) < age(b) ? -1 : 1))
    if (oldest !== undefined) await this.#collection.remove(oldest.Uuid, ENDPOINT_PRINCIPAL)
  }
}

/** A UUID of version 7 (RFC 9562 §5.7), which sorts by time: Digital Rebar's model has no time of its own. */
function timedUuid(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
