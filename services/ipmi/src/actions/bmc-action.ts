import type { BmcConnection, BmcOperation } from '@powerbus/bmc-drivers'
import {
  type Action,
  type Call,
  defineAction,
  type ParamUse,
  type ParamValues,
  readActionTimeoutMs,
  readParams,
} from '@powerbus/plugin-sdk'
import { connection } from '../params.ts'
import { driverFor, type Service } from './service.ts'

/** An action's own end comes after the engine's, which has more to say. */
const GRACE_MS = 5000

const base = [...connection, ...readParams] as const

export interface BmcAction<Uses extends readonly ParamUse[]> {
  readonly name: string
  readonly description: string
  /** What the driver must be able to do. */
  readonly needs: BmcOperation
  /** Beside those of every action. */
  readonly params?: Uses
  /** Changes something at the BMC: it has power/timeout. What only reads has 15 seconds. */
  readonly changes?: true
  /** Milliseconds, where it takes longer. */
  readonly budgetMs?: number
  run(bmc: BmcConnection, call: Call, params: ParamValues<Uses>): Promise<unknown>
}

/** An action on one machine that is one piece of work at its BMC, and may be repeated. */
export function bmcAction<const Uses extends readonly ParamUse[] = readonly []>(
  service: Service,
  { name, description, needs, params, changes, budgetMs, run }: BmcAction<Uses>,
): Action {
  const action = defineAction<typeof base>({
    name,
    model: 'machines',
    description,
    params: base,
    timeoutMs: (values) => {
      if (budgetMs !== undefined) return budgetMs + GRACE_MS
      return changes ? values['power/timeout'] * 1000 + GRACE_MS : readActionTimeoutMs(values)
    },
    run: async (context) => {
      const driver = await driverFor(service, context)
      const command = {
        sends: [driver.describe(needs)],
        // Validated against the action's params, those of `params` among them.
        run: (bmc: BmcConnection, call: Call) => run(bmc, call, context.params as unknown as ParamValues<Uses>),
        ...(changes && { changes }),
        ...(budgetMs !== undefined && { budgetMs }),
      }
      return context.power.other(command, driver, context)
    },
  })
  return { ...action, params: [...base, ...(params ?? [])] }
}
