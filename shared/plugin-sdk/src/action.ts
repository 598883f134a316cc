import type { Store } from '@powerbus/store'
import type { ActionCall } from './action-call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Logger } from './log.ts'
import type { ParamUse, ParamValues } from './param.ts'
import type { PowerEngine } from './power/power-engine.ts'
import type { Words } from './power/words.ts'

/** Argument of an action's `run`: validated params, the object to act on, and the limits to keep. */
export interface ActionContext<Uses extends readonly ParamUse[] = readonly ParamUse[]> extends ActionCall {
  readonly params: ParamValues<Uses>
  /** The complete object to act on (a machine, a plugin), as received. */
  readonly model: Readonly<Record<string, unknown>>
  readonly log: Logger
  /**
   * Powers machines in their turn. The host made it: it keeps actions apart in this process, or, where REDIS_URL is
   * set, over all replicas; the plugin sees no difference.
   */
  readonly power: PowerEngine
  /**
   * The store for state that survives restarts: in Redis if REDIS_URL is set, shared by all replicas; else in the
   * plugin's state folder. No other plugin sees the keys. The first call opens the store. Throws STORE_UNAVAILABLE.
   */
  state(): Promise<Store>
  /** Absent if the action runs without an endpoint. */
  readonly endpoint?: Endpoint
}

export interface Action<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly name: string
  /** Kind of object to act on: `machines`, `plugins`; empty for a system action. */
  readonly model: string
  readonly description: string
  readonly params: Uses
  /** Longest run in milliseconds, depending on the params; default 120,000. */
  timeoutMs?(params: ParamValues<Uses>): number
  /**
   * Does the work and returns the result, which is answered as JSON. Throws PowerbusError for failures the caller can
   * act on.
   */
  run(context: ActionContext<Uses>): Promise<unknown>
  /** The result as text, for power/answer. Every action that takes that param has it. */
  readonly words?: Words
}

/** Erases the types of the params: the runner of an action validates values against `params` before it calls `run`. */
export function defineAction<const Uses extends readonly ParamUse[]>(action: Action<Uses>): Action {
  return action as unknown as Action
}
