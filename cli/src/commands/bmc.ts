import { type Command, Option } from 'commander'
import { type BmcOptions, runBmc } from '../bmc/run-bmc.ts'
import { cipherSuite, seconds, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

const help = `
Verbs:
  status                power state
  on, off               verified; nothing is sent to a machine that is already there
  cycle, reset, diag    sent once and never again, whatever is lost; the outcome is found out
  soft                  asks the operating system to shut down
  boot DEVICE           what to boot from next: pxe, disk, cd, bios, none
  identify [SECONDS]    identify light, 15 seconds if not told otherwise, 0 puts it out
  info                  device id, GUID, self test

The password comes from --password-file, else from IPMI_PASSWORD, else from a prompt; never from an argument.
HOSTS are names or addresses, with or without :PORT, with ranges: 'bmc-[01-40]', '10.0.0.[1-50]', '127.0.0.1:[6230-6237]'.`

export function bmcCommand(command: Command, output: Output): void {
  command
    .usage('VERB HOSTS... -U USER [options]')
    .argument('<verb>', 'what to do: see below')
    .argument('[words...]', "the verb's own word where it takes one, then hosts")
    .requiredOption('-U, --username <name>', 'user of the BMCs')
    .option('--password-file <file>', 'file with the password on its first line; - reads standard input')
    .option('--kg-file <file>', 'file with the key K_g, as text or as 0x and 40 hexadecimal digits')
    .option('-p, --port <port>', 'UDP port where the host names none', wholeNumber(1, 65_535), 623)
    .option('--cipher-suite <n>', '3 or 17 (default: the best that the BMC has)', cipherSuite)
    .option('--timeout <seconds>', 'for each BMC as a whole', seconds(3600))
    .option('--concurrency <n>', 'BMCs at once (default: the client decides)', wholeNumber(1, 65_536))
    .addOption(
      new Option('--privilege <level>', 'privilege to ask for (default: what the verb needs)').choices([
        'user',
        'operator',
        'administrator',
      ]),
    )
    .option('--persistent', 'boot: from now on, not only once')
    .option('--efi', 'boot: in UEFI mode')
    .option('--json', 'one JSON object per BMC and line, as they come: {host, ok, result | error, ms}')
    .addHelpText('after', help)
    .action((verb: string, words: string[], options: BmcOptions) => runBmc(verb, words, options, output))
}
