import type { Machine } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { type Listing, type ListingOptions, listingOptions, printList } from '../listing.ts'
import type { Output } from '../output.ts'
import { selectTargets } from '../targets.ts'

export const machineListing: Listing<Machine> = {
  columns: {
    NAME: ({ Name }) => Name,
    BMC: ({ Params }) => textParam(Params['ipmi/address']),
    PORT: ({ Params }) => textParam(Params['ipmi/port-ipmitool']),
    MODE: ({ Params }) => textParam(Params['ipmi/mode']),
    DESCRIPTION: ({ Description }) => Description,
  },
  name: ({ Name }) => Name,
  empty: "no machines yet: add them with 'powerbus machines add' or 'powerbus machines import'",
  isArray: true,
}

export function machinesListCommand(machines: Command, output: Output): void {
  const command = machines
    .command('list', { isDefault: true })
    .description('list the machines')
    .argument('[targets...]', "names or ranges such as 'node-[01-08]' (default: all)")
  listingOptions(command, 'one JSON array').action((targets: string[], options: ListingOptions) =>
    listMachines(targets, options, output),
  )
}

/** Lists machines by name. Secure params such as passwords stay sealed. */
async function listMachines(targets: readonly string[], options: ListingOptions, output: Output): Promise<void> {
  const known = await withEndpoint((drp) => drp.machines.list({ sort: 'Name' }))
  await printList(output, selectTargets(targets, targets.length === 0, known), machineListing, options)
}

function textParam(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
