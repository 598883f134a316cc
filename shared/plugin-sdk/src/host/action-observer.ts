import type { JsonObject } from '@powerbus/drp'
import type { PowerbusError } from '../errors.ts'

/** One action that the plugin has accepted. */
export interface ActionRun {
  /** The same for each delivery of this action, and of no other. */
  readonly id: string
  /** The provider's name. */
  readonly plugin: string
  /** Of the plugin object. */
  readonly name: string
  readonly command: string
  /** `machines`, `plugins`; empty or `system` for a system action. */
  readonly kind: string
  /** The whole object it is for. Its params may hold secrets. */
  readonly model: JsonObject
  /** As the caller sent it in `X-Request-Id`, or else the id that stands in the log. */
  readonly requestId: string
  /** Who asked, where the caller said so; empty otherwise. */
  readonly principal: string
  /** The param `PLUGIN/mode`, empty where there is none. */
  readonly driver: string
}

/** How it ended: with a result, or with an error that shows no secret. */
export type ActionEnd = { readonly durationMs: number } & (
  | { readonly result: unknown; readonly error?: never }
  | { readonly error: PowerbusError; readonly result?: never }
)

/** Is told of the actions of a process. Must neither throw nor wait: it never holds up an action. */
export interface ActionObserver {
  /** Told that one begins; what it gives is called once, when that one has ended. */
  begin(run: ActionRun): (end: ActionEnd) => void
  /** A request that never became an action: an unknown command, or params that it cannot have. */
  refuse?(error: PowerbusError): void
}
