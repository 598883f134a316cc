import type { Msg } from '@nats-io/transport-node'

const EVERY_MS = 60_000
/** Subjects of the bus and of the server: an answer that was sent to one of them would be a message to somebody else. */
const NO_INBOX = /^(?:\$|powerbus\.)/

/** Whether a message's own subject is one that the pattern takes: a consumer may deliver any message to any subscription. */
export function subjectFilter(pattern: string): (subject: string) => boolean {
  const tokens = pattern.split('.')
  return (subject) => {
    const parts = subject.split('.')
    return parts.length === tokens.length && tokens.every((token, at) => token === '*' || token === parts[at])
  }
}

/** Whether somebody waits for an answer: deliveries of a consumer and answers of the server have no such reply subject. */
export function hasInbox({ reply }: Msg): boolean {
  return reply !== undefined && reply !== '' && !NO_INBOX.test(reply)
}

/** Gives a notice of messages that are ignored: of the first at once, then one a minute with their number. */
export class ForeignMessages {
  readonly #onNotice: (message: string) => void
  #count = 0
  #saidMs = Number.NEGATIVE_INFINITY

  constructor(onNotice: (message: string) => void) {
    this.#onNotice = onNotice
  }

  /** `where`: whom they came to. */
  ignore(where: string, { subject }: Msg, reason = 'is not for it'): void {
    this.#count += 1
    const nowMs = performance.now()
    if (nowMs - this.#saidMs < EVERY_MS) return
    this.#saidMs = nowMs
    const text = `${where} ignored ${this.#count} messages; the last, on ${subject}, ${reason}`
    this.#onNotice(`${text}: check which users of the bus may send it or make consumers`)
    this.#count = 0
  }
}
