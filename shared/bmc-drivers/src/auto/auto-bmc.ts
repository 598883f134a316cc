import {
  type BootRequest,
  type Call,
  type ErrorCode,
  type OnceOperation,
  PowerbusError,
} from '@powerbus/plugin-sdk/unshared'
import { RedfishError } from '@powerbus/redfish'
import type { BmcConnection, BmcDriver } from '../driver.ts'
import type { ResourceKind } from '../facts.ts'
import type { MediaRequest } from '../media.ts'
import type { Way, Ways } from './ways.ts'

/** Longest look for Redfish: a BMC without it must leave time for IPMI. */
const PROBE_MS = 6000

/** The BMC did not answer this way, does not take the login, or cannot do it. */
const otherWay: readonly ErrorCode[] = [
  'TARGET_UNREACHABLE',
  'TARGET_TIMEOUT',
  'AUTH_FAILED',
  'CAPABILITY_UNSUPPORTED',
  'TARGET_REFUSED',
]

/** The driver of each way. */
export type Openers = Readonly<Record<Way, () => Promise<BmcDriver>>>

export interface AutoBmcOptions {
  readonly key: string
  readonly ways: Ways
  readonly openers: Openers
  readonly note: ((text: string) => void) | undefined
}

type Attempt<T> = (bmc: BmcConnection) => Promise<T> | undefined

/**
 * One BMC for one action, over the way that it was found to answer. A read that fails goes the other way. A command does so only where
 * nothing of it was sent: the BMC was not reached, refused the login, or cannot do it.
 */
export class AutoBmc implements BmcConnection {
  readonly #options: AutoBmcOptions
  readonly #open = new Map<Way, BmcConnection>()
  #way: Way = 'redfish'

  constructor(options: AutoBmcOptions) {
    this.#options = options
  }

  /** Takes the way that was found before, else asks Redfish for the power state. */
  async find(call: Call): Promise<void> {
    const { key, ways, note } = this.#options
    const known = ways.of(key)
    this.#way = known ?? ((await this.#answersRedfish(call)) ? 'redfish' : 'ipmitool')
    if (known === undefined && this.#way === 'redfish') this.#found('redfish')
    if (known === undefined) note?.(`${key}: mode auto speaks ${this.#way} to this BMC`)
  }

  async #answersRedfish(call: Call): Promise<boolean> {
    const limited = { ...call, timeoutMs: Math.min(PROBE_MS, call.timeoutMs / 2) }
    try {
      await (await this.#connection('redfish', call)).status?.(limited)
      return true
    } catch (error) {
      if (!(error instanceof PowerbusError)) throw error
      // A BMC that says "not now", or reports no power state, speaks Redfish.
      return error.code === 'TARGET_BUSY' || error.code === 'PARAM_MISSING'
    }
  }

  status(call: Call, wanted?: 'on' | 'off') {
    return this.#read(call, 'powerstatus', (bmc) => bmc.status?.(call, wanted))
  }

  on(call: Call) {
    return this.#command(call, 'poweron', (bmc) => bmc.on?.(call))
  }

  off(call: Call) {
    return this.#command(call, 'poweroff', (bmc) => bmc.off?.(call))
  }

  cycle(call: Call) {
    return this.#command(call, 'powercycle', (bmc) => bmc.cycle?.(call))
  }

  reset(call: Call) {
    return this.#command(call, 'powerreset', (bmc) => bmc.reset?.(call))
  }

  diag(call: Call) {
    return this.#command(call, 'powerdiag', (bmc) => bmc.diag?.(call))
  }

  soft(call: Call) {
    return this.#command(call, 'powershutdown', (bmc) => bmc.soft?.(call))
  }

  mayAcCycle(call: Call) {
    return this.#read(call, 'accycle', (bmc) => bmc.mayAcCycle?.(call))
  }

  acCycle(call: Call) {
    return this.#command(call, 'accycle', (bmc) => bmc.acCycle?.(call))
  }

  getBoot(call: Call) {
    return this.#read(call, 'getBoot', (bmc) => bmc.getBoot?.(call))
  }

  setBoot(request: BootRequest, call: Call) {
    return this.#command(call, 'nextboot', (bmc) => bmc.setBoot?.(request, call))
  }

  /** A mark is compared by the way that it was read by. */
  async restartMark(call: Call) {
    const way = this.#way
    const mark = await (await this.#connection(way, call)).restartMark?.(call)
    return JSON.stringify({ way, mark: mark ?? null })
  }

  async outcomeOf(operation: OnceOperation, markBefore: string, call: Call) {
    const { way, mark } = JSON.parse(markBefore) as { readonly way: Way; readonly mark: string | null }
    if (mark === null) return 'unknown'
    return (await (await this.#connection(way, call)).outcomeOf?.(operation, mark, call)) ?? 'unknown'
  }

  identify(seconds: number, call: Call) {
    return this.#command(call, 'identify', (bmc) => bmc.identify?.(seconds, call))
  }

  async info(call: Call) {
    const info = await this.#read(call, 'getInfo', (bmc) => bmc.info?.(call))
    return { ...info, Mode: `auto (${info.Mode})` }
  }

  health(call: Call) {
    return this.#read(call, 'status', (bmc) => bmc.health?.(call))
  }

  sensors(call: Call) {
    return this.#read(call, 'getSensors', (bmc) => bmc.sensors?.(call))
  }

  sel(call: Call) {
    return this.#read(call, 'getSel', (bmc) => bmc.sel?.(call))
  }

  clearSel(call: Call) {
    return this.#command(call, 'clearSel', (bmc) => bmc.clearSel?.(call))
  }

  fru(call: Call) {
    return this.#read(call, 'getFru', (bmc) => bmc.fru?.(call))
  }

  resource(kind: ResourceKind, call: Call) {
    return this.#read(call, kind, (bmc) => bmc.resource?.(kind, call))
  }

  mediaStatus(call: Call) {
    return this.#read(call, 'statusVirtualMedia', (bmc) => bmc.mediaStatus?.(call))
  }

  mountMedia(request: MediaRequest, call: Call) {
    return this.#command(call, 'mountVirtualMedia', (bmc) => bmc.mountMedia?.(request, call))
  }

  unmountMedia(call: Call) {
    return this.#command(call, 'unmountVirtualMedia', (bmc) => bmc.unmountMedia?.(call))
  }

  firmware(call: Call) {
    return this.#read(call, 'getFirmwareInventories', (bmc) => bmc.firmware?.(call))
  }

  resetBios(call: Call) {
    return this.#command(call, 'resetBios', (bmc) => bmc.resetBios?.(call))
  }

  mockup(call: Call) {
    return this.#read(call, 'getRedfishMockup', (bmc) => bmc.mockup?.(call))
  }

  consoleFacts(call: Call) {
    return this.#read(call, 'getConsoleFacts', (bmc) => bmc.consoleFacts?.(call))
  }

  close(call: Call) {
    const closing = [...this.#open.values()].flatMap((bmc) => bmc.close?.(call) ?? [])
    this.#open.clear()
    return closing.length === 0 ? undefined : Promise.all(closing).then(() => undefined)
  }

  #read<T>(call: Call, name: string, attempt: Attempt<T>): Promise<T> {
    return this.#try(call, name, attempt, (error) => otherWay.includes(error.code))
  }

  #command<T>(call: Call, name: string, attempt: Attempt<T>): Promise<T> {
    return this.#try(call, name, attempt, wasNotSent)
  }

  async #try<T>(call: Call, name: string, attempt: Attempt<T>, mayGoOn: (error: PowerbusError) => boolean): Promise<T> {
    const first = this.#way
    const second: Way = first === 'redfish' ? 'ipmitool' : 'redfish'
    try {
      const result = await this.#attempt(first, call, name, attempt)
      this.#found(first)
      return result
    } catch (error) {
      if (!(error instanceof PowerbusError) || !mayGoOn(error)) throw error
      return await this.#goOn(second, call, name, attempt, error)
    }
  }

  /** What the first way answered counts where the second does no better. */
  async #goOn<T>(way: Way, call: Call, name: string, attempt: Attempt<T>, first: PowerbusError): Promise<T> {
    const isSilent = first.code !== 'CAPABILITY_UNSUPPORTED' && first.code !== 'TARGET_REFUSED'
    if (isSilent) this.#options.ways.forget(this.#options.key)
    try {
      const result = await this.#attempt(way, call, name, attempt)
      if (isSilent) {
        this.#way = way
        this.#found(way)
      }
      return result
    } catch (second) {
      if (!(second instanceof PowerbusError) || !otherWay.includes(second.code)) throw second
      if (second.code === 'CAPABILITY_UNSUPPORTED') throw first
      throw new PowerbusError(first.code, `${first.message}; and by ${way}: ${second.message}`, { cause: first })
    }
  }

  async #attempt<T>(way: Way, call: Call, name: string, attempt: Attempt<T>): Promise<T> {
    const working = attempt(await this.#connection(way, call))
    if (working === undefined)
      throw new PowerbusError('CAPABILITY_UNSUPPORTED', `Action ${name} not supported on ipmi driver: auto (${way})`)
    return working
  }

  async #connection(way: Way, call: Call): Promise<BmcConnection> {
    const known = this.#open.get(way)
    if (known) return known
    const bmc = await (await this.#options.openers[way]()).open(call)
    this.#open.set(way, bmc)
    return bmc
  }

  #found(way: Way): void {
    this.#options.ways.found(this.#options.key, way)
  }
}

/** Surely nothing of the command reached the BMC. */
function wasNotSent(error: PowerbusError): boolean {
  const { cause } = error
  if (cause instanceof RedfishError) return !cause.sent && otherWay.includes(error.code)
  return cause === undefined && error.code === 'CAPABILITY_UNSUPPORTED'
}
