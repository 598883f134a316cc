import type { AvailableAction } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { JsonOption, Output } from '../output.ts'
import { formatTable } from '../table.ts'
import { selectTargets } from '../targets.ts'

export function actionsCommand(command: Command, output: Output): void {
  command
    .argument('[machine]', 'name of a machine')
    .option('--json', 'one JSON array')
    .action((machine: string | undefined, options: JsonOption) => listActions(machine, options, output))
}

/** Lists the actions of all plugins, or those whose required params one machine has. */
async function listActions(machine: string | undefined, options: JsonOption, output: Output): Promise<void> {
  const actions = await withEndpoint(async (drp): Promise<readonly AvailableAction[]> => {
    if (machine === undefined) {
      return (await drp.manifests()).flatMap(({ AvailableActions }) => AvailableActions)
    }
    const [target] = selectTargets([machine], false, await drp.machines.list({ slim: ['Params', 'Meta'] }))
    return target ? drp.actions.list('machines', target.Uuid) : []
  })
  const sorted = [...actions].sort((a, b) => a.Command.localeCompare(b.Command))
  if (options.json) return output.json(sorted)
  const rows = sorted.map((action) => [action.Command, action.Provider, action.Model, action.RequiredParams.join(', ')])
  output.lines(formatTable(['ACTION', 'PLUGIN', 'FOR', 'NEEDS'], rows))
}
