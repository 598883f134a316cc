import type { Action, ActionContext } from '../action.ts'
import type { ParamUse } from '../param.ts'
import { bootActionTimeoutMs, powerActionTimeoutMs } from './budget.ts'
import type { BootRequest, PowerDriver } from './driver.ts'
import { type PowerParamValues, powerParams } from './params.ts'
import type { PowerContext } from './power-engine.ts'
import { type BootVerb, bootVerbs, type PowerVerb, powerVerbs } from './verbs.ts'
import { bootWords, powerWords } from './words.ts'

/** What the action of a power or boot verb gets: the service's own params beside those of every such action. */
export type VerbContext<Uses extends readonly ParamUse[]> = ActionContext<Uses> & PowerContext

export interface PowerActionOptions<Uses extends readonly ParamUse[]> {
  /** The service's own params. */
  readonly params: Uses
  /** The driver of the machine that the action is for. Sends nothing to it. */
  readonly driver: (context: VerbContext<Uses>) => PowerDriver | Promise<PowerDriver>
  /** Default: the verb. */
  readonly name?: string
  /** Default: that of the verb. */
  readonly description?: string
  /** Default: `machines`. */
  readonly model?: string
}

/** The host validates what comes against an action's params before it runs: here their types end, as in `defineAction`. */
interface VerbAction<Uses extends readonly ParamUse[]> extends Omit<Action, 'timeoutMs' | 'run'> {
  timeoutMs(params: PowerParamValues): number
  run(context: VerbContext<Uses>): Promise<unknown>
}

/** The action of a power verb, the same in every service but for its driver. */
export function powerAction<const Uses extends readonly ParamUse[]>(
  verb: PowerVerb,
  options: PowerActionOptions<Uses>,
): Action {
  const { params, driver, name = verb, description = powerVerbs[verb].description, model = 'machines' } = options
  const action: VerbAction<Uses> = {
    name,
    model,
    description,
    params: [...params, ...powerParams],
    timeoutMs: (values) => powerActionTimeoutMs(verb, values),
    run: async (context) => context.power.power(verb, await driver(context), context),
    words: powerWords(verb),
  }
  return action as unknown as Action
}

/** The action of a boot verb on a machine: `run` sets the boot device, and answers. */
export function bootAction<const Uses extends readonly ParamUse[]>(
  verb: BootVerb,
  params: Uses,
  run: (request: Omit<BootRequest, 'efi'>, context: VerbContext<Uses>) => Promise<unknown>,
): Action {
  const { description, device, persistent } = bootVerbs[verb]
  const action: VerbAction<Uses> = {
    name: verb,
    model: 'machines',
    description,
    params: [...params, ...powerParams],
    timeoutMs: bootActionTimeoutMs,
    run: (context) => run({ device, persistent }, context),
    words: bootWords(verb),
  }
  return action as unknown as Action
}
