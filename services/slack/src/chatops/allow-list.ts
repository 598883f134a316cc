import type { WebClient } from '@slack/web-api'
import type { SlackParams } from '../params.ts'

const FRESH_MS = 60_000

/**
 * Users who may press buttons: the listed ones, and members of the listed groups. A group that cannot be read allows
 * nobody.
 */
export class AllowList {
  readonly #slack: WebClient
  readonly #members = new Map<string, { readonly users: ReadonlySet<string>; readonly atMs: number }>()

  constructor(slack: WebClient) {
    this.#slack = slack
  }

  /** Throws the error of Slack's client if a group that could allow the user cannot be read. */
  async allows(user: string, params: SlackParams): Promise<boolean> {
    if (params['slack/allow-users']?.includes(user)) return true
    let failure: unknown
    for (const group of params['slack/allow-groups'] ?? []) {
      try {
        if ((await this.#membersOf(group)).has(user)) return true
      } catch (error) {
        failure = error
      }
    }
    if (failure !== undefined) throw failure
    return false
  }

  async #membersOf(group: string): Promise<ReadonlySet<string>> {
    const known = this.#members.get(group)
    if (known && performance.now() - known.atMs < FRESH_MS) return known.users
    const { users = [] } = await this.#slack.usergroups.users.list({ usergroup: group })
    const found = new Set(users)
    this.#members.set(group, { users: found, atMs: performance.now() })
    return found
  }
}
