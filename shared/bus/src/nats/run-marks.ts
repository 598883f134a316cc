import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { messageOf } from '../bus-error.ts'
import { deadSubject } from './nats-dead-letters.ts'
import { DEAD_STREAM } from './nats-names.ts'

interface Mark {
  readonly state: 'running' | 'ended'
}

/**
 * Marks of calls that may kill their process, in the stream of dead letters under a subject for each event. The stream forgets them with
 * their age.
 */
export class RunMarks {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #onNotice: (message: string) => void

  constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    onNotice: (message: string) => void,
  ) {
    this.#connection = connection
    this.#client = client
    this.#manager = manager
    this.#onNotice = onNotice
  }

  /** False, without a call, where an earlier call for that message never ended. Rejects as the call does. */
  async run(durable: string, message: string, call: () => Promise<void>): Promise<boolean> {
    const subject = `${deadSubject(durable)}=${message}`
    if (!(await this.#begin(subject))) return false
    try {
      await call()
      return true
    } finally {
      if (!this.#connection.isClosed())
        this.#connection.publish(subject, JSON.stringify({ state: 'ended' } satisfies Mark))
    }
  }

  /** Where no mark can be read or made, the call is made all the same: an event that kills again is found another time. */
  async #begin(subject: string): Promise<boolean> {
    try {
      const last = await this.#manager.streams.getMessage(DEAD_STREAM, { last_by_subj: subject })
      if (last?.json<Mark>().state === 'running') return false
      await this.#client.publish(subject, JSON.stringify({ state: 'running' } satisfies Mark))
    } catch (error) {
      this.#onNotice(`an event that was delivered often runs without a mark: ${messageOf(error)}`)
    }
    return true
  }
}
