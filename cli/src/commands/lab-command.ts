import type { Command } from 'commander'
import { percent, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface LabOptions {
  readonly count: number
  readonly address?: string
  readonly port?: number
  readonly username: string
  readonly passwordFile?: string
  readonly json?: true
  /** Fraction of the packets, both ways. */
  readonly loss?: number
  readonly delay?: number
  readonly hang?: true
  readonly seed?: number
}

export function addLabCommand(program: Command, output: Output): void {
  program
    .command('lab')
    .description('run emulated BMCs alone, for use with any IPMI tool; prints where they are and how to log in')
    .option('--count <n>', 'how many', wholeNumber(1, 65_536), 8)
    .option('--address <first>', 'each BMC gets the next address, all the same port (default: all on 127.0.0.1)')
    .option(
      '--port <first>',
      'first port; with --address the port of all (default: 6230; with --address 623)',
      wholeNumber(1, 65_535),
    )
    .option('--username <name>', 'user of every BMC', 'admin')
    .option('--password-file <file>', 'password of that user (default: IPMI_PASSWORD, else a new random one)')
    .option('--json', 'one JSON object per BMC and line: {address, port, username, password}')
    .option('--loss <percent>', 'lose this share of the packets, each way', percent)
    .option('--delay <ms>', 'answer this much later', wholeNumber(0, 60_000))
    .option('--hang', 'take packets and never answer')
    .option('--seed <n>', 'makes the losses repeatable', wholeNumber(0, 0xffff_ffff))
    .action(async (options: LabOptions) => {
      const { runLab } = await import('../lab/run-lab.ts')
      await runLab(options, output)
    })
}
