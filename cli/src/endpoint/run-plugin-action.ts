import { UsageError } from '../cli-error.ts'
import { catchInterruption } from '../interruption.ts'
import type { Output } from '../output.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { formatResults } from '../result-table.ts'
import { checkedParams } from './known-action.ts'
import type { ActionOptions } from './run-action.ts'
import { withEndpoint } from './with-endpoint.ts'

/** Above the own limits of actions such as createVm. */
const DEFAULT_TIMEOUT_MS = 20 * 60_000

/** Runs an action on a plugin instead of machines. Throws a UsageError where the plugin lacks the action. */
export async function runPluginAction(
  plugin: string,
  action: string,
  targets: readonly string[],
  options: ActionOptions,
  output: Output,
): Promise<void> {
  if (targets.length > 0 || options.all) throw new UsageError('give either machines or --plugin, not both')
  const given = parseParamArguments(options.param)
  await withEndpoint(async (drp) => {
    const names = (await drp.plugins.list({ slim: ['Params', 'Meta'] })).map(({ Name }) => Name)
    if (!names.includes(plugin))
      throw new UsageError(`no such plugin: ${plugin}. There are ${names.join(', ') || 'none'}`)
    const actions = await drp.actions.list('plugins', plugin)
    const found = actions.find(({ Command }) => Command === action)
    if (!found) {
      const known = actions.map(({ Command }) => Command).sort()
      throw new UsageError(`${plugin} has no action ${action}. It has ${known.join(', ') || 'none'}`)
    }
    const takes = new Set([...found.RequiredParams, ...found.OptionalParams])
    const params = checkedParams(action, given, options.dryRun, takes)
    const interruption = catchInterruption()
    try {
      const limits = { signal: interruption.signal, timeoutMs: options.timeout ?? DEFAULT_TIMEOUT_MS }
      const result = await drp.actions.run('plugins', plugin, action, params, limits)
      if (options.json) output.json({ plugin, ok: true, result })
      else
        output.lines(
          formatResults('PLUGIN', [{ name: plugin, result: options.dryRun ? result : withoutLists(result) }]),
        )
    } finally {
      interruption.release()
    }
  })
}

/** Leaves out lists, which --json prints. */
function withoutLists(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  return Object.fromEntries(Object.entries(result).filter(([, value]) => !Array.isArray(value)))
}
