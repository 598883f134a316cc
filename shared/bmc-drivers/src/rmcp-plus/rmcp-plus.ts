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
  readPower,
  type Workaround,
  writeBootFlags,
} from 'node-ipmi'
import type { BmcConnection, BmcDriver, DriverFactory } from '../driver.ts'
import { keyBytes, type Target } from '../target.ts'
import { readHealth, readInfo } from './bmc-facts.ts'
import { bootDescription, readBoot } from './boot-setting.ts'
import { descriptions } from './descriptions.ts'
import { ipmiFailure } from './ipmi-failure.ts'
import { KeptSessions } from './kept-sessions.ts'
import { packetMetrics } from './packet-metrics.ts'
import { compareRestartMark, readRestartMark } from './restart-mark.ts'

const DEFAULT_PORT = 623
/** Milliseconds for the power state after a command whose answer was waited for in vain for 5 s or more: a BMC that is silent is named soon. */
const DOUBT_LOOK_MS = 1000

/** Mode `ipmitool`: IPMI v2.0 over RMCP+, spoken by node-ipmi. One client for all BMCs of the process. */
export function rmcpPlus(client: IpmiClient = new IpmiClient(), kept = new KeptSessions()): DriverFactory {
  return {
    driver: (target) => driverOf(client, kept, target),
    metrics: () => packetMetrics(client.counters),
    async close() {
      kept.close()
      await client.close()
    },
  }
}

function driverOf(client: IpmiClient, kept: KeptSessions, target: Target): BmcDriver {
  const { password, kg, workarounds, keepSessionMs = 0, ...plain } = target
  const port = target.port === 0 ? DEFAULT_PORT : target.port
  const host = target.address.toLowerCase()
  const key = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const login: Login = { ...plain, port, password: password.reveal(), kg: kg && keyBytes(kg), workarounds }
  const release = (connection: IpmiConnection, isSound: boolean) => {
    if (isSound && keepSessionMs > 0) kept.keep(key, login, connection, keepSessionMs)
    else connection.close()
  }
  return {
    key,
    service: 'ipmi',
    mode: 'ipmitool',
    open: async () => {
      const connection = kept.take(key, login) ?? client.open(login)
      return new RmcpPlusConnection(connection, { workarounds, key, release })
    },
    describe: (operation) => descriptions[operation],
    describeBoot: (request) => bootDescription(request, workarounds),
  }
}

interface ConnectionOptions {
  readonly workarounds: readonly Workaround[]
  /** BmcDriver.key. */
  readonly key: string
  /** Called once, at the end. `isSound`: the last call was answered well. */
  readonly release: (connection: IpmiConnection, isSound: boolean) => void
}

/** One session: the first command opens it, and a later one opens it again if the BMC has lost it. */
class RmcpPlusConnection implements BmcConnection {
  readonly #connection: IpmiConnection
  readonly #workarounds: readonly Workaround[]
  readonly #key: string
  readonly #release: ConnectionOptions['release']
  #isSound = false
  /** False once the BMC has refused to keep boot flags that this connection set for longer than 60 s. */
  #keepsBoot = true
  /** A command that must not be repeated has an unknown outcome, and nothing was answered since. */
  #isInDoubt = false

  constructor(connection: IpmiConnection, { workarounds, key, release }: ConnectionOptions) {
    this.#connection = connection
    this.#workarounds = workarounds
    this.#key = key
    this.#release = release
  }

  async status(call: Call) {
    const timeoutMs = this.#isInDoubt ? Math.min(call.timeoutMs, DOUBT_LOOK_MS) : call.timeoutMs
    const power = await this.#run({ ...call, timeoutMs }, readPower)
    this.#isInDoubt = false
    return power
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
    return this.#run(call, (session) => readBoot(session, this.#workarounds, this.#keepsBoot))
  }

  setBoot(request: BootRequest, call: Call) {
    return this.#run(call, async (session) => {
      const { keepsFlags } = await writeBootFlags(session, request)
      this.#keepsBoot = keepsFlags
    })
  }

  restartMark(call: Call) {
    return this.#run(call, readRestartMark)
  }

  outcomeOf(_operation: OnceOperation, markBefore: string, call: Call) {
    return this.#run(call, (session) => compareRestartMark(session, markBefore))
  }

  identify(seconds: number, call: Call) {
    return this.#send(call, chassisIdentify, { intervalSeconds: seconds, force: false })
  }

  info(call: Call) {
    return this.#run(call, (session) => readInfo(session, this.#key))
  }

  health(call: Call) {
    return this.#run(call, readHealth)
  }

  /**
   * Keeps the session, or sends Close Session at once. Nothing waits for its answer, since a BMC ends idle sessions by itself.
   */
  close() {
    this.#release(this.#connection, this.#isSound)
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
    this.#isSound = false
    try {
      const result = await this.#connection.run(work, call)
      this.#isSound = true
      return result
    } catch (error) {
      this.#isInDoubt ||= error instanceof IpmiError && error.kind === 'unknown-outcome'
      throw ipmiFailure(error, once)
    }
  }
}
