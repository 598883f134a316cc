import type { RemoveOptions } from '../commands/machines-command.ts'
import { confirm } from '../confirm.ts'
import { catchInterruption } from '../interruption.ts'
import type { Output } from '../output.ts'
import { sweep } from '../sweep.ts'
import { printable } from '../table.ts'
import { listShortly, selectTargets } from '../targets.ts'
import { failureOf } from './endpoint-failure.ts'
import { withEndpoint } from './with-endpoint.ts'

/** Requests to the endpoint at once. */
const CONCURRENCY = 8

/** Removes machines from the endpoint, after a question unless `yes`. */
export async function removeMachines(
  targets: readonly string[],
  options: RemoveOptions,
  output: Output,
): Promise<void> {
  await withEndpoint(async (drp) => {
    const known = await drp.machines.list({ slim: ['Params', 'Meta'] })
    const machines = selectTargets(targets, options.all === true, known)
    if (!options.yes) await confirm(`remove ${listShortly(machines.map(({ Name }) => Name))}?`)
    const interruption = catchInterruption()
    try {
      await sweep({
        items: machines,
        concurrency: CONCURRENCY,
        interruption,
        output,
        key: 'machine',
        json: options.json === true,
        nameOf: ({ Name }) => Name,
        run: async ({ Uuid }, signal) => {
          await drp.machines.delete(Uuid, { signal })
          return { removed: true }
        },
        failureOf,
        onEnd: ({ Name }, outcome) =>
          output.line(printable('failure' in outcome ? `${Name}: ${outcome.failure.message}` : `removed ${Name}`)),
      })
    } finally {
      interruption.release()
    }
  })
}
