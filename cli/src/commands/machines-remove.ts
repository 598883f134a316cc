import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { Output } from '../output.ts'
import { sweepMachines } from '../sweep-machines.ts'
import { listShortly, selectTargets } from '../targets.ts'

interface RemoveOptions {
  readonly all?: true
  readonly yes?: true
  readonly json?: true
}

export function machinesRemoveCommand(machines: Command, output: Output): void {
  machines
    .command('remove')
    .description('remove machines from the endpoint; the machines themselves are left alone')
    .argument('[targets...]', "names or ranges such as 'node-[01-08]'")
    .option('--all', 'all machines')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one JSON object per machine and line')
    .action((targets: string[], options: RemoveOptions) => removeMachines(targets, options, output))
}

async function removeMachines(targets: readonly string[], options: RemoveOptions, output: Output): Promise<void> {
  await withEndpoint(async (drp) => {
    const known = await drp.machines.list({ slim: ['Params', 'Meta'] })
    const machines = selectTargets(targets, options.all === true, known)
    if (!options.yes) await confirm(`remove ${listShortly(machines.map(({ Name }) => Name))}?`)
    await sweepMachines({
      machines,
      output,
      done: 'removed',
      json: options.json === true,
      run: async ({ Uuid }, signal) => {
        await drp.machines.delete(Uuid, { signal })
        return { removed: true }
      },
    })
  })
}
