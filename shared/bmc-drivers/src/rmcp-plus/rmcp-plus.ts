import type { BootRequest, Call, OnceOperation } from '@powerbus/plugin-sdk/unshared'
import {
  ChassisControl,
  type ChassisControlName,
  type Command,
  chassisControl,
  chassisIdentify,
  IpmiClient,
  type IpmiConnection,
  IpmiError,
  type IpmiSession,
  isRepeatable,
  type Target as Login,
  type PowerReading,
  readPower,
  readPowerEvent,
  type Workaround,
  writeBootFlags,
} from 'node-ipmi'
import type { BmcConnection, BmcDriver, DriverFactory } from '../driver.ts'
import { keyBytes, type Target } from '../target.ts'
import { ipmiWorkarounds } from '../workarounds.ts'
import { readInfo, readSelfTest } from './bmc-facts.ts'
import { bootDescription, readBoot } from './boot-setting.ts'
import { descriptions } from './descriptions.ts'
import { ipmiFailure } from './ipmi-failure.ts'
import { KeptSessions } from './kept-sessions.ts'
import { packetMetrics } from './packet-metrics.ts'
import type { BmcRecords } from './records.ts'
import { compareRestartMark, readRestartMark } from './restart-mark.ts'

const DEFAULT_PORT = 623
/** A power supply takes some hundred milliseconds to come up; a cycle is off for a second or so. §28.3 */
const firstLooks = { onMs: 330, cycleMs: 550 } as const
/** Milliseconds for the power state after a command whose answer was waited for in vain for 5 s or more: a BMC that is silent is named soon. */
const DOUBT_LOOK_MS = 1000

/** Mode `ipmitool`: IPMI v2.0 over RMCP+, spoken by node-ipmi. One client for all BMCs of the process. */
export function rmcpPlus(
  client: IpmiClient = new IpmiClient(),
  kept = new KeptSessions(),
  loadRecords: () => Promise<RecordsModule> = () => import('./records.ts'),
): DriverFactory {
  const records = recordsOnce(loadRecords)
  return {
    driver: (target) => new RmcpPlusDriver(client, kept, records, target),
    metrics: () => packetMetrics(client.counters),
    async close() {
      kept.close()
      await client.close()
    },
  }
}

type RecordsModule = typeof import('./records.ts')
type Records = () => Promise<RecordsModule & { readonly records: BmcRecords }>

/** Loads the code for sensors, event log and inventory once, when a connection first needs it: a sweep never does. */
function recordsOnce(load: () => Promise<RecordsModule>): Records {
  let loaded: ReturnType<Records> | undefined
  return () => {
    loaded ??= load().then((module) => ({ ...module, records: new module.BmcRecords() }))
    return loaded
  }
}

/** Reaches one BMC. A sweep makes thousands: fields and methods of one class, and what few need is made when it is asked for. */
class RmcpPlusDriver implements BmcDriver {
  readonly service = 'ipmi'
  readonly mode = 'ipmitool'
  readonly firstLooks = firstLooks
  readonly #client: IpmiClient
  readonly #kept: KeptSessions
  readonly #records: Records
  readonly #target: Target
  readonly #login: Login

  constructor(client: IpmiClient, kept: KeptSessions, records: Records, target: Target) {
    this.#client = client
    this.#kept = kept
    this.#records = records
    this.#target = target
    this.#login = loginOf(target)
  }

  get key(): string {
    const { address, port } = this.#login
    const host = address.toLowerCase()
    return `${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  get workarounds(): readonly Workaround[] {
    return this.#login.workarounds ?? []
  }

  async open() {
    const kept = this.#kept.isEmpty ? undefined : this.#kept.take(this.key, this.#login)
    return new RmcpPlusConnection(this, kept ?? this.#client.open(this.#login))
  }

  readPower(call: Call) {
    return this.#client.run(this.#login, readPower, call).catch(readFailure)
  }

  describe(operation: Parameters<BmcDriver['describe']>[0]) {
    return descriptions[operation]
  }

  describeBoot(request: BootRequest) {
    return bootDescription(request, this.workarounds)
  }

  records() {
    return this.#records()
  }

  /** Ends a connection, or keeps its session for the next one. `isSound`: the last call was answered well. */
  release(connection: IpmiConnection, isSound: boolean): void {
    const { keepSessionMs = 0 } = this.#target
    if (isSound && keepSessionMs > 0) this.#kept.keep(this.key, this.#login, connection, keepSessionMs)
    else connection.close()
  }
}

function readFailure(error: unknown): never {
  throw ipmiFailure(error, false)
}

/** Field by field: each spread of an object costs a sweep more than an answer of its BMC. */
function loginOf({ address, port, username, password, kg, cipherSuite, privilege, workarounds }: Target): Login {
  return {
    address,
    port: port === 0 ? DEFAULT_PORT : port,
    username,
    password: password.reveal(),
    kg: kg && keyBytes(kg),
    cipherSuite,
    privilege,
    workarounds: ipmiWorkarounds(workarounds),
  }
}

/** One session: the first command opens it, and a later one opens it again if the BMC has lost it. */
class RmcpPlusConnection implements BmcConnection {
  readonly #driver: RmcpPlusDriver
  readonly #connection: IpmiConnection
  #isSound = false
  /** The power state, if it was read by the last call. */
  #reading: PowerReading | undefined
  /** False once the BMC has refused to keep boot flags that this connection set for longer than 60 s. */
  #keepsBoot = true
  /** A command that must not be repeated has an unknown outcome, and nothing was answered since. */
  #isInDoubt = false

  constructor(driver: RmcpPlusDriver, connection: IpmiConnection) {
    this.#driver = driver
    this.#connection = connection
  }

  async status(call: Call) {
    const isShort = this.#isInDoubt && call.timeoutMs > DOUBT_LOOK_MS
    this.#begin()
    try {
      const limits = isShort ? { ...call, timeoutMs: DOUBT_LOOK_MS } : call
      const reading = await this.#connection.run(readPowerEvent, limits)
      this.#isSound = true
      this.#isInDoubt = false
      this.#reading = reading
      return reading.powerOn ? 'on' : 'off'
    } catch (error) {
      throw this.#failure(error, false)
    }
  }

  on(call: Call) {
    return this.#control('powerUp', call)
  }

  off(call: Call) {
    return this.#control('powerDown', call)
  }

  cycle(call: Call) {
    return this.#control('powerCycle', call)
  }

  reset(call: Call) {
    return this.#control('hardReset', call)
  }

  diag(call: Call) {
    return this.#control('diagnosticInterrupt', call)
  }

  soft(call: Call) {
    return this.#control('softShutdown', call)
  }

  getBoot(call: Call) {
    return this.#run(call, (session) => readBoot(session, this.#driver.workarounds, this.#keepsBoot))
  }

  setBoot(request: BootRequest, call: Call) {
    return this.#run(call, async (session) => {
      const { keepsFlags } = await writeBootFlags(session, request)
      this.#keepsBoot = keepsFlags
    })
  }

  restartMark(call: Call) {
    const reading = this.#reading
    return this.#run(call, (session) => readRestartMark(session, reading))
  }

  outcomeOf(_operation: OnceOperation, markBefore: string, call: Call) {
    return this.#run(call, (session) => compareRestartMark(session, markBefore))
  }

  identify(seconds: number, call: Call) {
    return this.#send(call, chassisIdentify, { intervalSeconds: seconds, force: false })
  }

  info(call: Call) {
    return this.#run(call, (session) => readInfo(session, this.#driver.key))
  }

  selfTest(call: Call) {
    return this.#run(call, async (session) => (await readSelfTest(session)).word)
  }

  async health(call: Call) {
    const { records } = await this.#driver.records()
    return this.#run(call, (session) => records.health(session, this.#driver.key))
  }

  async sensors(call: Call) {
    const { records } = await this.#driver.records()
    return this.#run(call, (session) => records.sensors(session, this.#driver.key))
  }

  async sel(call: Call) {
    const { records } = await this.#driver.records()
    return this.#run(call, (session) => records.eventLog(session, this.#driver.key))
  }

  async clearSel(call: Call) {
    const { clearEventLog } = await this.#driver.records()
    return this.#run(call, clearEventLog)
  }

  async fru(call: Call) {
    const { readInventory } = await this.#driver.records()
    return this.#run(call, readInventory)
  }

  /**
   * Keeps the session, or sends Close Session at once. Nothing waits for its answer, since a BMC ends idle sessions by itself.
   */
  close() {
    this.#driver.release(this.#connection, this.#isSound)
    return undefined
  }

  #control(name: ChassisControlName, call: Call) {
    return this.#send(call, chassisControl, { control: ChassisControl[name] })
  }

  #send<Request extends object>(call: Call, command: Command<Request, unknown>, request: Request): Promise<void> {
    const once = !isRepeatable(command, request)
    return this.#run(
      call,
      async (session) => {
        await session.send(command, request)
      },
      once,
    )
  }

  /** `once`: any completion code is final, and the command is not sent again for a better one. */
  async #run<T>(call: Call, work: (session: IpmiSession) => Promise<T>, once = false): Promise<T> {
    this.#begin()
    try {
      const result = await this.#connection.run(work, call)
      this.#isSound = true
      return result
    } catch (error) {
      throw this.#failure(error, once)
    }
  }

  #begin(): void {
    this.#isSound = false
    this.#reading = undefined
  }

  #failure(error: unknown, once: boolean): unknown {
    this.#isInDoubt ||= error instanceof IpmiError && error.kind === 'unknown-outcome'
    return ipmiFailure(error, once)
  }
}
