import type { AvailableAction } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { type Listing, type ListingOptions, listingOptions, printList } from '../listing.ts'
import type { Output } from '../output.ts'
import { selectTargets } from '../targets.ts'

const listing: Listing<AvailableAction> = {
  columns: {
    ACTION: ({ Command }) => Command,
    PLUGIN: ({ Provider }) => Provider,
    FOR: ({ Model }) => Model,
    NEEDS: ({ RequiredParams }) => RequiredParams.join(', '),
  },
  name: ({ Command }) => Command,
  empty: "no actions: 'powerbus plugins' shows whether a plugin runs; a machine needs the params in NEEDS",
  isArray: true,
}

export function actionsCommand(command: Command, output: Output): void {
  command.argument('[machine]', 'name of a machine')
  listingOptions(command, 'one JSON array').action((machine: string | undefined, options: ListingOptions) =>
    listActions(machine, options, output),
  )
}

/** Lists the actions of all plugins, or those whose required params one machine has. */
async function listActions(machine: string | undefined, options: ListingOptions, output: Output): Promise<void> {
  const actions = await withEndpoint(async (drp): Promise<readonly AvailableAction[]> => {
    if (machine === undefined) {
      return (await drp.manifests()).flatMap(({ AvailableActions }) => AvailableActions)
    }
    const [target] = selectTargets([machine], false, await drp.machines.list({ slim: ['Params', 'Meta'] }))
    return target ? drp.actions.list('machines', target.Uuid) : []
  })
  const sorted = [...actions].sort((a, b) => a.Command.localeCompare(b.Command))
  await printList(output, sorted, listing, options)
}
