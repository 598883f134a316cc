import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { type ListingOptions, listingOptions, printOne } from '../listing.ts'
import type { Output } from '../output.ts'
import { selectTargets } from '../targets.ts'
import { machineListing } from './machines-list.ts'

interface ShowOptions extends ListingOptions {
  readonly effective?: true
}

const help = `
Secret params stay sealed. Examples:
  powerbus machines show node-01
  powerbus machines show node-01 --effective      what an action would get: with profiles and defaults`

export function machinesShowCommand(machines: Command, output: Output): void {
  const command = machines
    .command('show')
    .description('show one machine with all its fields and params')
    .argument('<machine>', 'its name or UUID')
    .option('--effective', 'params with those of its profiles and the defaults mixed in')
  listingOptions(command)
    .addHelpText('after', help)
    .action((name: string, options: ShowOptions) => showMachine(name, options, output))
}

async function showMachine(name: string, options: ShowOptions, output: Output): Promise<void> {
  const machine = await withEndpoint(async (drp) => {
    const [found] = selectTargets([name], false, await drp.machines.list({ slim: ['Params', 'Meta'] }))
    const shown = await drp.machines.get(found?.Uuid ?? name)
    if (!options.effective) return shown
    return { ...shown, Params: await drp.machines.params(shown.Uuid, { aggregate: true }) }
  })
  await printOne(output, machine, machineListing, options)
}
