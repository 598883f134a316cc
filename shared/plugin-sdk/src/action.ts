import type { Store } from '@powerbus/store'
import type { ActionCall } from './action-call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Logger } from './log.ts'
import type { ParamUse, ParamValues } from './param.ts'
import type { PowerEngine } from './power/power-engine.ts'

/** What an action's function gets: validated params, the object it is for, and the limits it must keep. */
export interface ActionContext<Uses extends readonly ParamUse[] = readonly ParamUse[]> extends ActionCall {
  readonly params: ParamValues<Uses>
  /** The whole object the action is for (a machine, a plugin), as it came. */
  readonly model: Readonly<Record<string, unknown>>
  readonly log: Logger
  /**
   * Powers machines in their turn. The host made it: it keeps actions apart in this process, or, where REDIS_URL is set, over
   * all replicas; the plugin sees no difference.
   */
  readonly power: PowerEngine
  /**
   * What the plugin must keep over restarts, the same store each time: in Redis where REDIS_URL is set, shared by all replicas; else in
   * the plugin's state folder. The keys are its own. Opened on first use. Throws STORE_UNAVAILABLE.
   */
  state(): Promise<Store>
  /** Absent where an action runs without an endpoint. */
  readonly endpoint?: Endpoint
}

export interface Action<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly name: string
  /** The kind of object it is for: `machines`, `plugins`; empty for a system action. */
  readonly model: string
  readonly description: string
  readonly params: Uses
  /** Longest run in milliseconds, by its params; 120 000 where absent. */
  timeoutMs?(params: ParamValues<Uses>): number
  /** The result is answered as bare JSON. Throws a PowerbusError for anything the caller can act on. */
  run(context: ActionContext<Uses>): Promise<unknown>
}

/** The types of its own params end here: whoever runs an action validates what came against `params` first. */
export function defineAction<const Uses extends readonly ParamUse[]>(action: Action<Uses>): Action {
  return action as unknown as Action
}
