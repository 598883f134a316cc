import type { Command } from 'commander'
import type { Output } from '../output.ts'

export interface EventsOptions {
  readonly json?: true
}

const eventsHelp = `
A pattern is TYPE.ACTION.KEY, each part * or a list with commas: 'machines.create,delete.*'. Without one: all events.
In a list \\1 stands for a dot, \\2 for a comma and \\3 for a star.`

export function addEventsCommand(program: Command, output: Output): void {
  program
    .command('events')
    .description("follow the endpoint's events until Ctrl-C")
    .argument('[patterns...]', 'which events: see below')
    .option('--json', 'one JSON object per event and line')
    .addHelpText('after', eventsHelp)
    .action(async (patterns: string[], options: EventsOptions) => {
      const { followEvents } = await import('../endpoint/follow-events.ts')
      await followEvents(patterns, options, output)
    })
}
