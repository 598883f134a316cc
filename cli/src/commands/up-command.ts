import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface UpOptions {
  /** Machines; false with --no-lab; absent: as many as last time, or 8. */
  readonly lab?: number | false
  /** Machines that are in the lab cloud already; absent: no lab cloud. */
  readonly labCloud?: number | true
  readonly address: string
  readonly port: number
  readonly state?: string
  readonly plugins?: string
}

const variablesHelp = `
Environment:
  NATS_URL     the bus is there, instead of in this process; with NATS_CREDS_FILE and the like
  REDIS_URL    the store is there, and may be shared by several endpoints; with REDIS_PASSWORD_FILE and the like
  SLACK_BOT_TOKEN    turns the plugin slack on; with SLACK_CHANNELS (names or ids, by commas), SLACK_APP_TOKEN for buttons, SLACK_API_URL`

export function addUpCommand(program: Command, output: Output, version: string): void {
  program
    .command('up')
    .description('run an endpoint with its plugins, and a lab rack of emulated machines')
    .option('--lab <count>', 'machines in the lab rack (default: as many as last time, or 8)', wholeNumber(1, 999))
    .option('--no-lab', 'no lab rack')
    .option(
      '--lab-cloud [count]',
      'an emulated cloud too, with so many machines in it (default: 2)',
      wholeNumber(0, 99),
    )
    .option('--address <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on (0: any free one)', wholeNumber(0, 65_535), 8092)
    .option('--state <folder>', 'where machines and tokens are kept (default: $POWERBUS_HOME or your state folder)')
    .option('--plugins <folder>', 'executables to launch (default: the plugins beside this program)')
    .addHelpText('after', variablesHelp)
    .action(async (options: UpOptions) => {
      const { runUp } = await import('../up/run-up.ts')
      await runUp(options, version, output)
    })
}
