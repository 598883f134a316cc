import type { BmcConnection, BmcDriver, BmcOperation } from '@powerbus/bmc-drivers'
import {
  type Able,
  askShutdown,
  type Call,
  type Capability,
  capable,
  lossText,
  PowerbusError,
  type PowerOutcome,
  type PowerVerb,
  setBoot,
  type Turn,
  takeUnsharedTurn,
  type VerbParams,
  verbRunner,
} from '@powerbus/plugin-sdk/unshared'
import { CliError } from '../cli-error.ts'
import { nowMs } from '../now-ms.ts'
import { type BmcRequest, type BootDeviceWord, ownVerbs } from './bmc-verbs.ts'

const READ_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 60_000
/** Of lists that BMCs take long for, and of an AC cycle, after which a BMC takes minutes to start. */
const LIST_TIMEOUT_MS = 240_000
const AC_CYCLE_TIMEOUT_MS = 660_000

/** The work of a verb at one BMC, in one session. */
export interface BmcTask {
  /** Lowest sufficient privilege. */
  readonly privilege: 'user' | 'operator'
  /** Default limit for all work at one BMC. */
  readonly timeoutMs: number
  /** Changes nothing. */
  readonly reads: boolean
  run(driver: BmcDriver, limits: Call): Promise<unknown>
}

export function taskOf(request: BmcRequest): BmcTask {
  switch (request.verb) {
    case 'status':
      return { privilege: 'user', timeoutMs: READ_TIMEOUT_MS, reads: true, run: readPower }
    case 'info':
      return task('user', [], readInfo)
    case 'accycle':
      return { ...power('accycle', paramsOf(request)), timeoutMs: AC_CYCLE_TIMEOUT_MS }
    case 'mount':
      return own('mountMedia', false, (bmc, call) => bmc.mountMedia?.(request, call))
    case 'clearsel':
    case 'unmount':
    case 'resetbios':
      return own(ownVerbs[request.verb], false, work[request.verb])
    case 'health':
    case 'sensors':
    case 'sel':
    case 'fru':
    case 'firmware':
    case 'media':
      return own(ownVerbs[request.verb], true, work[request.verb])
    case 'soft':
      return task('operator', ['status', 'soft'], async (turn) =>
        shownOutcome(await askShutdown(turn, paramsOf(request)), turn),
      )
    case 'boot':
      return task('operator', ['getBoot', 'setBoot'], (turn) => setBootDevice(turn, request))
    case 'identify':
      return task('operator', [], async (turn) => {
        await turn.change(async (bmc, call) => bmc.identify?.(request.seconds, call))
        return { IdentifySeconds: request.seconds }
      })
    default:
      return power(powerVerbs[request.verb], paramsOf(request))
  }
}

const powerVerbs = {
  on: 'poweron',
  off: 'poweroff',
  cycle: 'powercycle',
  reset: 'powerreset',
  diag: 'powerdiag',
} as const

type Own = (bmc: BmcConnection, call: Call) => Promise<unknown> | undefined

const work: Readonly<Record<keyof typeof ownVerbs, Own>> = {
  health: (bmc, call) => bmc.health?.(call),
  sensors: async (bmc, call) => ({ Sensors: await bmc.sensors?.(call) }),
  sel: async (bmc, call) => ({ Entries: await bmc.sel?.(call) }),
  clearsel: async (bmc, call) => {
    await bmc.clearSel?.(call)
    return { Cleared: true }
  },
  fru: async (bmc, call) => ({ Parts: await bmc.fru?.(call) }),
  firmware: async (bmc, call) => ({ Firmware: (await bmc.firmware?.(call))?.map(firmwareOf) }),
  media: async (bmc, call) => ({ Slots: await bmc.mediaStatus?.(call) }),
  unmount: async (bmc, call) => ({ Ejected: await bmc.unmountMedia?.(call) }),
  resetbios: async (bmc, call) => {
    await bmc.resetBios?.(call)
    return { Reset: true }
  },
}

function firmwareOf({ Id, Name, Version, Updateable }: Readonly<Record<string, unknown>>): unknown {
  return { Id, Name, Version, Updateable }
}

/** One piece of work that may be repeated, where the driver has it. */
function own(needs: BmcOperation, reads: boolean, run: Own): BmcTask {
  return {
    privilege: reads ? 'user' : 'operator',
    timeoutMs: LIST_TIMEOUT_MS,
    reads,
    run: async (driver, limits) => {
      if (driver.describe(needs) === undefined)
        throw new PowerbusError(
          'CAPABILITY_UNSUPPORTED',
          `Action ${needs} not supported on ${driver.service} driver: ${driver.mode}`,
        )
      const once = async (bmc: BmcConnection, call: Call) => run(bmc, call)
      return takeUnsharedTurn(driver, limits, (turn) => (reads ? turn.read(once) : turn.change(once)))
    },
  }
}

/**
 * One read needs no turn, which would cost a sweep of many BMCs a tenth of its time. A busy BMC gets a turn, which asks
 * again until the deadline.
 */
function readPower(driver: BmcDriver, limits: Call): Promise<unknown> {
  if (driver.readPower === undefined) return readInTurn(driver, limits)
  const startedMs = nowMs()
  return driver.readPower(limits).then(shownPower, (error: unknown) => {
    const timeoutMs = limits.timeoutMs - (nowMs() - startedMs)
    if (!(error instanceof PowerbusError) || error.code !== 'TARGET_BUSY' || timeoutMs <= 0) throw error
    return readInTurn(driver, { ...limits, timeoutMs }, error)
  })
}

/** `refusal`: of an earlier read, after which the BMC gets a moment. */
function readInTurn(driver: BmcDriver, limits: Call, refusal?: PowerbusError): Promise<unknown> {
  return takeUnsharedTurn(capable(driver, 'bmc', ['status']), limits, async (turn) => {
    if (refusal !== undefined && !(await turn.pollAgain(1))) throw refusal
    return shownPower(await turn.read((bmc, call) => bmc.status(call)))
  })
}

function shownPower(power: 'on' | 'off') {
  return { Power: power }
}

function task<Method extends Capability>(
  privilege: BmcTask['privilege'],
  needs: readonly Method[],
  work: (turn: Turn<BmcConnection & Able<Method>>) => Promise<unknown>,
): BmcTask {
  return {
    privilege,
    timeoutMs: privilege === 'user' ? READ_TIMEOUT_MS : CHANGE_TIMEOUT_MS,
    reads: privilege === 'user',
    run: (driver, limits) => takeUnsharedTurn(capable(driver, 'bmc', needs), limits, work),
  }
}

function power(verb: Exclude<PowerVerb, 'powershutdown'>, params: VerbParams): BmcTask {
  return {
    privilege: 'operator',
    timeoutMs: CHANGE_TIMEOUT_MS,
    reads: false,
    run: async (driver, limits) => {
      const { driver: able, run } = verbRunner(verb, driver, 'bmc', params)
      return takeUnsharedTurn(able, limits, async (turn) => shownOutcome(await run(turn), turn))
    },
  }
}

/** `Attempts` is shown where a command was sent more than once. */
function shownOutcome(outcome: PowerOutcome, { changesSent }: Pick<Turn<BmcConnection>, 'changesSent'>): unknown {
  const { power, changed, verified } = outcome
  return { Power: power, Changed: changed, Verified: verified, ...(changesSent > 1 && { Attempts: changesSent }) }
}

/** Of the params of an action those that `powerbus bmc` has an option for. */
function paramsOf({ resend = false }: { readonly resend?: boolean }): VerbParams {
  return { 'power/soft-timeout': 0, 'power/force-after-soft': false, 'power/resend': resend }
}

const bootDevices = { none: 'none', pxe: 'pxe', disk: 'disk', cd: 'cdrom', bios: 'bios' } as const satisfies Record<
  BootDeviceWord,
  string
>

/** Throws a CliError where the BMC keeps the device without the wanted persistence or UEFI mode, or does not act on it. */
async function setBootDevice(
  turn: Turn<Able<'getBoot' | 'setBoot'>>,
  { device, persistent, efi }: Extract<BmcRequest, { verb: 'boot' }>,
): Promise<Record<string, unknown>> {
  const asked = { device: bootDevices[device], persistent, efi }
  const outcome = await setBoot(turn, asked)
  if (outcome.lost.length > 0) throw new CliError(`the BMC ${lossText(asked, outcome)}; check its boot settings`)
  const { note } = outcome.setting
  return { BootDevice: device, Persistent: persistent, EFI: efi, Verified: true, ...(note && { Note: note }) }
}

/** Leaves out facts that the BMC does not have. */
async function readInfo(turn: Turn<BmcConnection>): Promise<Record<string, unknown>> {
  const info = await turn.read(async (bmc, call) => bmc.info?.(call))
  // Health would read every sensor with it.
  const selfTest = await turn.read(async (bmc, call) =>
    bmc.selfTest ? bmc.selfTest(call) : (await bmc.health?.(call))?.SelfTest,
  )
  const facts = {
    Firmware: info?.Firmware ?? undefined,
    IpmiVersion: info?.IpmiVersion,
    Manufacturer: info?.Manufacturer ?? info?.ManufacturerId,
    Model: info?.Model,
    SerialNumber: info?.SerialNumber,
    Product: info?.ProductId,
    DeviceId: info?.DeviceId,
    Guid: info?.Guid ?? undefined,
    SelfTest: selfTest === 'not-supported' ? undefined : selfTest,
    CipherSuite: info?.CipherSuite,
    Rules: info?.Rules,
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}
