import { type Workaround, workaroundFacts, workarounds } from '@powerbus/bmc-drivers/workarounds'
import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { bmcModes } from '../bmc/bmc-modes.ts'
import { type BmcOptions, runBmc } from '../bmc/run-bmc.ts'
import { cipherSuite, seconds, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { alignRow } from '../table.ts'
import { addTlsOptions } from '../tls-options.ts'

const help = `
Verbs:
  status                power state
  on, off               verified; sends nothing where the machine is in that state already
  cycle, reset, diag    sent once; a lost answer is resolved by the BMC's sequence numbers and the power state
  soft                  asks the operating system to shut down, once
  boot DEVICE           next boot device: pxe, disk, cd, bios, none
  identify [SECONDS]    identify light, 15 seconds by default, 0 turns it off
  accycle               off, cuts standby power too where the BMC can, and on again
  info                  what BMC and machine are, self test
  health                faults and health of the parts
  sensors               temperatures, fans, voltages, power
  sel, clearsel         system event log
  fru                   manufacturer, part number and serial number of boards
  firmware              firmware of all parts
  media                 what is in the virtual drives
  mount URL             puts an image into a virtual CD drive; with --boot boots from it next time
  unmount               takes all images out
  resetbios             firmware settings back to their defaults

Modes: ipmitool (IPMI 2.0 over RMCP+, the default), redfish, racadm, lpar, auto (redfish, else ipmitool). docs/ipmi.md
says what each can do; a verb that a mode or a BMC lacks fails with CAPABILITY_UNSUPPORTED.

The password comes from --password-file, else IPMI_PASSWORD, else a prompt. No argument takes it.
HOSTS are names or addresses with an optional :PORT and ranges: 'bmc-[01-40]', '10.0.0.[1-50]',
'127.0.0.1:[6230-6237]'.`

export function bmcCommand(command: Command, output: Output): void {
  command
    .usage('VERB HOSTS... -U USER [options]')
    .argument('<verb>', 'see below')
    .argument('[words...]', "the verb's argument, if it has one, then hosts")
    .requiredOption('-U, --username <name>', 'user of the BMCs')
    .option('--password-file <file>', 'file with the password on its first line; - reads standard input')
    .option('--kg-file <file>', 'file with the key K_g, as text or as 0x and 40 hexadecimal digits')
    .addOption(new Option('--mode <mode>', 'how to speak to the BMCs').choices(bmcModes).default('ipmitool'))
    .option('-p, --port <port>', "port of hosts without :PORT (default: the mode's own)", wholeNumber(1, 65_535))
    .option('--ipmi-port <port>', 'modes redfish and auto: UDP port for IPMI', wholeNumber(1, 65_535), 623)
    .option('--system-id <id>', 'modes redfish and auto: system, where a BMC has several')
    .option('--redfish-rules <name>', 'modes redfish and auto: rules to drive the BMCs by')
    .option('--lpar-id <id>', "mode lpar: the partition's UUID, or SYSTEM/NAME")
    .addOption(
      new Option('--racadm-transport <way>', 'mode racadm').choices(['auto', 'cgi', 'ssh', 'tool']).default('auto'),
    )
    .option('--cipher-suite <n>', '3 or 17 (default: the best that the BMC offers)', cipherSuite)
    .option('--timeout <seconds>', 'longest time for all work at one BMC', seconds(3600))
    .option('--concurrency <n>', 'BMCs at once (default: 8192)', wholeNumber(1, 65_536))
    .addOption(
      new Option('--privilege <level>', 'privilege level to request (default: the lowest that the verb needs)').choices(
        ['user', 'operator', 'administrator'],
      ),
    )
    .option(
      '--workaround <name>',
      'quirk of the BMCs; may be given several times; list shows the names',
      (name: string, earlier: readonly Workaround[]) => workaround(name, earlier, output),
      [],
    )
    .option('--persistent', 'boot: for all boots, not only the next')
    .option('--boot', 'mount: boot from the image next time')
    .option('--efi', 'boot, mount: in UEFI mode')
    .option('--resend', 'cycle, reset, diag, soft: once more if most likely not executed')
    .option('--json', 'one JSON line per BMC as it ends: {host, ok, result | error, ms}')
    .addHelpText('after', help)
    .action((verb: string, words: string[], options: BmcOptions) => runBmc(verb, words, options, output))
  addTlsOptions(command)
}

/** Collects the names. `list` prints all of them and ends the program, as `--help` does. */
function workaround(name: string, earlier: readonly Workaround[], output: Output): Workaround[] {
  if (name === 'list') {
    const width = Math.max(...workarounds.map((known) => known.length))
    for (const known of workarounds) {
      const { does, for: products, source } = workaroundFacts[known]
      output.line(`${alignRow([known, does], [width])}. For ${products}. ${source}`)
    }
    throw new CommanderError(0, 'powerbus.workarounds', 'listed')
  }
  const known = workarounds.find((word) => word === name)
  if (known === undefined) throw new InvalidArgumentError(`Expected one of ${workarounds.join(', ')}, or list.`)
  return [...earlier, known]
}
