import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { JsonOption, Output } from '../output.ts'
import { formatTable } from '../table.ts'
import { selectTargets } from '../targets.ts'

export function machinesListCommand(machines: Command, output: Output): void {
  machines
    .command('list', { isDefault: true })
    .description('list the machines')
    .argument('[targets...]', "names or ranges such as 'node-[01-08]' (default: all)")
    .option('--json', 'one JSON array')
    .action((targets: string[], options: JsonOption) => listMachines(targets, options, output))
}

/** Lists machines by name. Secure params such as passwords stay sealed. */
async function listMachines(targets: readonly string[], options: JsonOption, output: Output): Promise<void> {
  const known = await withEndpoint((drp) => drp.machines.list({ sort: 'Name' }))
  const machines = selectTargets(targets, targets.length === 0, known)
  if (options.json) return output.json(machines)
  if (machines.length === 0)
    return output.line("no machines yet: add them with 'powerbus machines add' or 'powerbus machines import'")
  const rows = machines.map(({ Name, Params, Description }) => [
    Name,
    textParam(Params['ipmi/address']),
    textParam(Params['ipmi/port-ipmitool']),
    textParam(Params['ipmi/mode']),
    Description,
  ])
  output.lines(formatTable(['NAME', 'BMC', 'PORT', 'MODE', 'DESCRIPTION'], rows))
}

function textParam(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
