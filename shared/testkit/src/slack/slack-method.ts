import type { SlackArguments } from './slack-arguments.ts'
import type { SlackWorkspace } from './slack-workspace.ts'

export interface SlackCaller {
  readonly workspace: SlackWorkspace
  /** Scopes of the token that the call came with. */
  readonly scopes: ReadonlySet<string>
  /** A new address for a Socket Mode connection, to be used once. */
  openSocketUrl(): string
}

export interface SlackMethod {
  readonly token: 'bot' | 'app'
  /** One of them is needed; where it depends on the arguments, `run` asks for more. */
  readonly scopes: readonly string[]
  /** What is answered beside `ok: true`. Throws a SlackRefusal. */
  run(args: SlackArguments, caller: SlackCaller): Readonly<Record<string, unknown>>
}
