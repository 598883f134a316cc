/** Where a 429 counts: messages are limited per channel, every other method over the whole workspace. */
export type GateName = `post ${string}` | 'edit' | 'find'

/** Until when Slack wants no call of a kind; milliseconds since 1970. */
export class Gates {
  readonly #until = new Map<GateName, number>()

  untilMs(name: GateName): number {
    return this.#until.get(name) ?? 0
  }

  close(name: GateName, untilMs: number): void {
    this.#until.set(name, Math.max(untilMs, this.untilMs(name)))
  }
}
