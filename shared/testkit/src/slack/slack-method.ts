import type { SlackArguments } from './slack-arguments.ts'
import type { SlackWorkspace } from './slack-workspace.ts'

export interface SlackCaller {
  readonly workspace: SlackWorkspace
  /** Scopes of the call's token. */
  readonly scopes: ReadonlySet<string>
  /** A new URL for one Socket Mode connection. */
  openSocketUrl(): string
}

export interface SlackMethod {
  readonly token: 'bot' | 'app'
  /** The token needs one of these scopes; `run` checks further scopes that depend on the arguments. */
  readonly scopes: readonly string[]
  /** Returns the fields of the answer beside `ok: true`. Throws SlackRefusal. */
  run(args: SlackArguments, caller: SlackCaller): Readonly<Record<string, unknown>>
}
