/** An answer `{"ok": false, "error": ERROR, ...}`, which Slack sends with the HTTP status 200. */
export class SlackRefusal extends Error {
  readonly answer: Readonly<Record<string, unknown>>

  /** `error` is Slack's code, such as `channel_not_found`; `more` has further fields of the answer. */
  constructor(error: string, more: Readonly<Record<string, unknown>> = {}) {
    super(error)
    this.name = 'SlackRefusal'
    this.answer = { ok: false, error, ...more }
  }
}

/** A refusal of invalid arguments; each message has the place of a fault as a JSON pointer. */
export function refusalWithMessages(error: string, messages: readonly string[]): SlackRefusal {
  return new SlackRefusal(error, { response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) } })
}
