import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface SlackPreviewOptions {
  readonly last: number
  /** File with params of the slack plugin. */
  readonly config?: string
  readonly json?: true
}

const previewHelp = `
Nothing is sent, and no Slack key is needed. The params are those of the plugin slack; a file (YAML or JSON) with others, such as
slack/routes and slack/templates, shows what they would do before they are set.`

export function addSlackCommand(program: Command, output: Output): void {
  const slack = program.command('slack').description('what the plugin slack does with events')
  slack
    .command('preview')
    .description('print the messages that would be sent for the last events')
    .option('--last <count>', 'how many events to look at, the last ones', wholeNumber(1, 1000), 100)
    .option('--config <file>', 'params of the plugin to try, instead of those that are set')
    .option('--json', 'one JSON object per message and line')
    .addHelpText('after', previewHelp)
    .action(async (options: SlackPreviewOptions) => {
      const { previewSlack } = await import('../endpoint/preview-slack.ts')
      await previewSlack(options, output)
    })
}
