import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { DeadLetter } from '../bus.ts'
import type { LetterBox } from '../bus-driver.ts'
import { messageOf } from '../bus-error.ts'
import { DEAD, DEAD_STREAM } from './nats-names.ts'

interface StoredLetter {
  readonly sequence: number
  readonly letter: DeadLetter
}

interface Mark {
  readonly state: 'running' | 'ended'
}

/**
 * The stream of dead letters: the letters of each durable name on one subject, and marks of calls that may kill their process, under
 * a subject for each event. The stream forgets both with their age.
 */
export class NatsDeadLetters implements LetterBox {
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #onNotice: (message: string) => void

  constructor(connection: NatsConnection, manager: JetStreamManager, onNotice: (message: string) => void) {
    this.#connection = connection
    this.#manager = manager
    this.#onNotice = onNotice
  }

  /** `message` is the event's number in its stream. A letter that is added twice, because the acknowledgement was lost, is one letter. */
  async add(durable: string, letter: DeadLetter, message: number): Promise<void> {
    const msgID = `${durable}:${message}`
    await this.#manager.jetstream().publish(subjectOf(durable), JSON.stringify(letter), { msgID })
  }

  async list(durable: string): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = []
    for await (const { letter } of this.#each(durable)) letters.push(letter)
    return letters
  }

  async take(durable: string, id: string, use?: (letter: DeadLetter) => Promise<void>): Promise<boolean> {
    for await (const { sequence, letter } of this.#each(durable)) {
      if (letter.event.id !== id) continue
      await use?.(letter)
      return await this.#manager.streams.deleteMessage(DEAD_STREAM, sequence)
    }
    return false
  }

  async forget(durable: string): Promise<void> {
    await this.#manager.streams.purge(DEAD_STREAM, { filter: subjectOf(durable) })
  }

  /**
   * Makes the call under a mark; `message` names the event in all streams that there were. False, without a call, where an earlier call for
   * it never ended. Rejects as the call does.
   */
  async runMarked(durable: string, message: string, call: () => Promise<void>): Promise<boolean> {
    const subject = `${subjectOf(durable)}.${message}`
    if (!(await this.#mark(subject, `${subjectOf(durable)}=${message}`))) return false
    try {
      await call()
      return true
    } finally {
      const mark: Mark = { state: 'ended' }
      if (!this.#connection.isClosed()) this.#connection.publish(subject, JSON.stringify(mark))
    }
  }

  /**
   * Where no mark can be read or made, the call is made all the same: an event that kills again is found another time. `landed` is the
   * subject of its marks of earlier builds, in which the durable's name and the event were one token.
   */
  async #mark(subject: string, landed: string): Promise<boolean> {
    try {
      const last = (await this.#lastOn(subject)) ?? (await this.#lastOn(landed))
      if (last?.json<Mark>().state === 'running') return false
      const mark: Mark = { state: 'running' }
      await this.#manager.jetstream().publish(subject, JSON.stringify(mark))
    } catch (error) {
      this.#onNotice(`an event that was delivered often runs without a mark: ${messageOf(error)}`)
    }
    return true
  }

  async #lastOn(subject: string): Promise<StoredMsg | null> {
    return await this.#manager.streams.getMessage(DEAD_STREAM, { last_by_subj: subject })
  }

  async *#each(durable: string): AsyncGenerator<StoredLetter> {
    for (let next = 1; ; ) {
      const query = { seq: next, next_by_subj: subjectOf(durable) }
      const found = await this.#manager.streams.getMessage(DEAD_STREAM, query)
      if (!found) return
      const letter = found.json<DeadLetter>()
      yield { sequence: found.seq, letter: { ...letter, requestId: letter.requestId } }
      next = found.seq + 1
    }
  }
}

function subjectOf(durable: string): string {
  return `${DEAD}.${durable}`
}
