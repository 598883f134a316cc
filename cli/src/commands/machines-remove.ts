import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { failureOf } from '../endpoint/api-failure.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { Output } from '../output.ts'
import { sweep } from '../sweep.ts'
import { printable } from '../table.ts'
import { listShortly, selectTargets } from '../targets.ts'

const CONCURRENCY = 8

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
    await sweep({
      items: machines,
      concurrency: CONCURRENCY,
      output,
      key: 'machine',
      reads: false,
      json: options.json === true,
      nameOf: ({ Name }) => Name,
      run: async ({ Uuid }, signal) => {
        await drp.machines.delete(Uuid, { signal })
        return { removed: true }
      },
      failureOf,
      onEnd: ({ Name }, outcome) =>
        output.line(printable(outcome.ok ? `removed ${Name}` : `${Name}: ${outcome.error.message}`)),
    })
  })
}
