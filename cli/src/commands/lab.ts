import { type FaceName, type LabBmc, type LabPlaces, startLab } from '@powerbus/lab'
import { type Command, Option } from 'commander'
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

/** The protocols of each mode. */
const modes = {
  ipmi: ['ipmi'],
  redfish: ['redfish'],
  mixed: ['ipmi', 'redfish'],
  racadm: ['racadm'],
  lpar: ['lpar'],
} as const satisfies Record<string, readonly FaceName[]>

interface LabOptions {
  readonly mode: keyof typeof modes
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
    .addOption(
      new Option(
        '--mode <mode>',
        'protocols of each BMC; mixed: IPMI and Redfish of one machine; racadm: an iDRAC; lpar: an HMC with one partition',
      )
        .choices(Object.keys(modes))
        .default('ipmi'),
    )
    .option('--count <n>', 'number of BMCs', wholeNumber(1, 65_536), 8)
    .option('--address <first>', 'first address; each BMC has the next one (default: all on 127.0.0.1)')
    .option(
      '--port <first>',
      'first port; with --address the port of all BMCs (default: 6230 for IPMI, 8430 for Redfish, 8530 for racadm, 12443 for lpar; with --address 623, 443, 443, 12443)',
      wholeNumber(1, 65_535),
    )
    .option('--username <name>', 'user of every BMC', 'admin')
    .option('--password-file <file>', 'password of that user (default: IPMI_PASSWORD, else a new random one)')
    .option('--json', 'one JSON object per BMC and line: {address, port, username, password, faces}')
    .option('--loss <percent>', 'IPMI: lose this share of the packets in each direction', percent)
    .option('--delay <ms>', 'delay each answer', wholeNumber(0, 60_000))
    .option('--hang', 'never answer')
    .option('--seed <n>', 'repeat the losses of an earlier run with this seed', wholeNumber(0, 0xffff_ffff))
    .action((options: LabOptions) => runLab(options, output))
}

/** Runs emulated BMCs until interrupted. */
async function runLab(options: LabOptions, output: Output): Promise<void> {
  const { count, username, seed, mode } = options
  const password = await labPassword(options)
  checkLength('user name', username, MAX_USERNAME_BYTES)
  checkLength('password', password, MAX_PASSWORD_BYTES)
  const interruption = catchInterruption()
  const lab = await startLab({
    ...placesOf(options),
    count,
    credentials: { username, password },
    faces: modes[mode],
    faults: faultsOf(options),
    redfish: { quirks: { rules: rulesOf(options) } },
    isOn: true,
    ...(seed !== undefined && { seed }),
  }).catch((cause: unknown) => {
    throw explain(cause)
  })
  try {
    if (options.json) for (const bmc of lab.bmcs) output.json({ ...whereIs(bmc), username, password })
    else printForPeople(lab.bmcs, { ...options, password }, output)
    await output.flush()
    await untilAborted(interruption.signal, output.signal)
  } finally {
    await lab.close()
    interruption.release()
  }
}

/** Place of a BMC as JSON; programs of Redfish want its URL. */
function whereIs({ address, port, faces: { ipmi, redfish } }: LabBmc) {
  return {
    address,
    port,
    ...(redfish && { redfish: redfish.service.url, ...(ipmi && { ipmi: `${ipmi.address}:${ipmi.port}` }) }),
  }
}

const columns = {
  ipmi: (bmc: LabBmc) => String(bmc.faces.ipmi?.port),
  redfish: (bmc: LabBmc) => bmc.faces.redfish?.service.url ?? '',
  racadm: (bmc: LabBmc) => String(bmc.faces.racadm?.port),
  lpar: (bmc: LabBmc) => String(bmc.faces.lpar?.port),
} as const satisfies Record<FaceName, (bmc: LabBmc) => string>

/** How to try each protocol. */
const trials = {
  ipmi: ({ address, faces: { ipmi } }: LabBmc, username: string) =>
    `IPMI_PASSWORD=... ipmitool -I lanplus -C 17 -H ${address} -p ${ipmi?.port} -U ${username} -E power status`,
  redfish: ({ faces: { redfish } }: LabBmc, username: string) =>
    `curl -k -u ${username} ${redfish?.service.url}/redfish/v1/Systems/1`,
  racadm: ({ address, port }: LabBmc, username: string) =>
    `ssh -p ${port} ${username}@${address} racadm serveraction powerstatus`,
  lpar: ({ address, port }: LabBmc, username: string) =>
    `ssh -p ${port} ${username}@${address} lssyscfg -r lpar -m p9-one; its ipmi/lpar-id is p9-one/lpar1`,
} as const satisfies Record<FaceName, (bmc: LabBmc, username: string) => string>

type Shown = LabOptions & { readonly password: string }

function printForPeople(bmcs: readonly LabBmc[], options: Shown, output: Output): void {
  const { username, passwordFile, password, mode } = options
  const [first] = bmcs
  if (first === undefined) return
  const names: readonly FaceName[] = modes[mode]
  const shown = bmcs.slice(0, MAX_LINES).map((bmc) => [bmc.address, ...names.map((name) => columns[name](bmc))])
  const titles = names.map((name) => (mode === 'ipmi' ? 'PORT' : name.toUpperCase()))
  output.lines(formatTable(['ADDRESS', ...titles], shown))
  if (bmcs.length > MAX_LINES) output.line(`and ${bmcs.length - MAX_LINES} more`)
  output.line(`user ${username}, password ${passwordFile || process.env.IPMI_PASSWORD ? 'as given' : password}`)
  for (const name of names) output.line(`try: ${trials[name](first, username)}`)
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

/** Without a port each protocol takes its own. */
function placesOf({ address, port }: LabOptions): LabPlaces {
  const given = port !== undefined && { port }
  if (address !== undefined) return { address, spread: 'address', ...given }
  return { address: '127.0.0.1', spread: 'port', skipTaken: port === undefined, ...given }
}

function faultsOf({ loss, delay, hang }: LabOptions): BmcFaults {
  return {
    ...(loss !== undefined && { lossIn: loss, lossOut: loss }),
    ...(delay !== undefined && { delayMs: delay }),
    ...(hang && { hang }),
  }
}

/** The same faults for Redfish, which loses no packets. */
function rulesOf({ delay, hang }: LabOptions) {
  if (delay === undefined && !hang) return []
  return [{ ...(delay !== undefined && { latencyMs: delay }), ...(hang && { hang }) }]
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
