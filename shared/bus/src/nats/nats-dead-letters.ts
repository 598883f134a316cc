import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { DeadLetter } from '../bus.ts'
import type { LetterBox } from '../bus-driver.ts'
import { DEAD, DEAD_STREAM } from './nats-names.ts'

interface StoredLetter {
  readonly sequence: number
  readonly letter: DeadLetter
}

/** Reads and removes what is on the dead-letter subject of one durable name. */
export class NatsDeadLetters implements LetterBox {
  readonly #manager: JetStreamManager

  constructor(manager: JetStreamManager) {
    this.#manager = manager
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
    await this.#manager.streams.purge(DEAD_STREAM, { filter: deadSubject(durable) })
  }

  async *#each(durable: string): AsyncGenerator<StoredLetter> {
    for (let next = 1; ; ) {
      const query = { seq: next, next_by_subj: deadSubject(durable) }
      const found = await this.#manager.streams.getMessage(DEAD_STREAM, query)
      if (!found) return
      yield { sequence: found.seq, letter: letterOf(found) }
      next = found.seq + 1
    }
  }
}

export function deadSubject(durable: string): string {
  return `${DEAD}.${durable}`
}

function letterOf(stored: StoredMsg): DeadLetter {
  const letter = stored.json<Omit<DeadLetter, 'requestId'> & { requestId?: string }>()
  return { ...letter, requestId: letter.requestId }
}
