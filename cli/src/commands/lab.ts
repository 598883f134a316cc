import { type LabPlaces, startLab } from '@powerbus/lab'
import type { Command } from 'commander'
import type { BmcFaults } from 'node-ipmi/bmc'
import { CliError, UsageError } from '../cli-error.ts'
import { catchInterruption, untilAborted } from '../interruption.ts'
import { percent, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { newLabPassword, readSecret } from '../password.ts'
import { formatTable } from '../table.ts'

/** IPMI's limits, in bytes. */
const MAX_USERNAME_BYTES = 16
const MAX_PASSWORD_BYTES = 20
/** Most BMCs that the table lists. */
const MAX_LINES = 64

interface LabOptions {
  readonly count: number
  readonly address?: string
  readonly port?: number
  readonly username: string
  readonly passwordFile?: string
  readonly json?: true
  /** Fraction of lost packets in each direction. */
  readonly loss?: number
  readonly delay?: number
  readonly hang?: true
  readonly seed?: number
}

export function labCommand(command: Command, output: Output): void {
  command
    .option('--count <n>', 'number of BMCs', wholeNumber(1, 65_536), 8)
    .option('--address <first>', 'first address; each BMC has the next one (default: all on 127.0.0.1)')
    .option(
      '--port <first>',
      'first port; with --address the port of all BMCs (default: 6230, or 623 with --address)',
      wholeNumber(1, 65_535),
    )
    .option('--username <name>', 'user of every BMC', 'admin')
    .option('--password-file <file>', 'password of that user (default: IPMI_PASSWORD, else a new random one)')
    .option('--json', 'one JSON object per BMC and line: {address, port, username, password}')
    .option('--loss <percent>', 'lose this share of the packets in each direction', percent)
    .option('--delay <ms>', 'delay each answer', wholeNumber(0, 60_000))
    .option('--hang', 'never answer')
    .option('--seed <n>', 'repeat the losses of an earlier run with this seed', wholeNumber(0, 0xffff_ffff))
    .action((options: LabOptions) => runLab(options, output))
}

/** Runs emulated BMCs until interrupted. */
async function runLab(options: LabOptions, output: Output): Promise<void> {
  const { count, username, seed } = options
  const password = await labPassword(options)
  checkLength('user name', username, MAX_USERNAME_BYTES)
  checkLength('password', password, MAX_PASSWORD_BYTES)
  const interruption = catchInterruption()
  const places = placesOf(options)
  const lab = await startLab({
    ...places,
    count,
    credentials: { username, password },
    faults: faultsOf(options),
    isOn: true,
    ...(seed !== undefined && { seed }),
  }).catch((cause: unknown) => {
    throw explain(cause)
  })
  try {
    const where = lab.bmcs.map(({ address, port }) => ({ address, port, username, password }))
    if (options.json) for (const bmc of where) output.json(bmc)
    else printForPeople(where, options, output)
    await output.flush()
    await untilAborted(interruption.signal, output.signal)
  } finally {
    await lab.close()
    interruption.release()
  }
}

interface BmcLogin {
  readonly address: string
  readonly port: number
  readonly username: string
  readonly password: string
}

function printForPeople(bmcs: readonly BmcLogin[], { username, passwordFile }: LabOptions, output: Output): void {
  const [first] = bmcs
  if (first === undefined) return
  const shown = bmcs.slice(0, MAX_LINES).map(({ address, port }) => [address, String(port)])
  output.lines(formatTable(['ADDRESS', 'PORT'], shown))
  if (bmcs.length > MAX_LINES) output.line(`and ${bmcs.length - MAX_LINES} more`)
  output.line(`user ${username}, password ${passwordFile || process.env.IPMI_PASSWORD ? 'as given' : first.password}`)
  output.line(
    `try: IPMI_PASSWORD=... ipmitool -I lanplus -C 17 -H ${first.address} -p ${first.port} -U ${username} -E power status`,
  )
  output.line(`${bmcs.length} BMCs are ready; Ctrl-C stops them`)
}

async function labPassword({ passwordFile }: LabOptions): Promise<string> {
  if (passwordFile === undefined && process.env.IPMI_PASSWORD === undefined) return newLabPassword()
  return readSecret({
    file: passwordFile,
    env: 'IPMI_PASSWORD',
    prompt: 'password',
    ways: 'give it with --password-file',
  })
}

function placesOf({ address, port }: LabOptions): LabPlaces {
  if (address !== undefined) return { address, port: port ?? 623, spread: 'address' }
  return { address: '127.0.0.1', port: port ?? 6230, spread: 'port', skipTaken: port === undefined }
}

function faultsOf({ loss, delay, hang }: LabOptions): BmcFaults {
  return {
    ...(loss !== undefined && { lossIn: loss, lossOut: loss }),
    ...(delay !== undefined && { delayMs: delay }),
    ...(hang && { hang }),
  }
}

function checkLength(what: string, text: string, maximum: number): void {
  if (Buffer.byteLength(text) > maximum) throw new UsageError(`the ${what} has more than ${maximum} bytes`)
}

function explain(cause: unknown): unknown {
  if (cause instanceof RangeError) return new UsageError(cause.message, { cause })
  const { code, address, port } = cause as NodeJS.ErrnoException & { address?: string; port?: number }
  if (code === 'EADDRINUSE')
    return new CliError(`${address}:${port} is in use: choose another --port or --address`, { cause })
  if (code === 'EACCES') return new CliError(`port ${port} needs root: choose a --port of 1024 or more`, { cause })
  if (code === 'EADDRNOTAVAIL')
    return new CliError(`${address} is not an address of this machine: choose another --address`, { cause })
  return cause
}
