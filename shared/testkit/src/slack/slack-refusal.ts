/** An answer `{"ok": false, "error": ERROR, ...}`, which Slack sends with the HTTP status 200. */
export class SlackRefusal extends Error {
  readonly answer: Readonly<Record<string, unknown>>

  /** `error` is Slack's own code, as `channel_not_found`; `more` goes into the answer beside it. */
  constructor(error: string, more: Readonly<Record<string, unknown>> = {}) {
    super(error)
    this.name = 'SlackRefusal'
    this.answer = { ok: false, error, ...more }
  }
}

/** What Slack says of arguments that it cannot take, with the place of each fault as a JSON pointer. */
export function refusalWithMessages(error: string, messages: readonly string[]): SlackRefusal {
  return new SlackRefusal(error, { response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) } })
}
