import type { Call } from '@powerbus/plugin-sdk/power'
import {
  ChassisControl,
  type ChassisControlName,
  chassisControl,
  chassisIdentify,
  IpmiClient,
  type IpmiConnection,
  type IpmiSession,
  readPower,
  writeBootFlags,
} from 'node-ipmi'
import type { BmcConnection, BmcDriver, DriverFactory } from '../driver.ts'
import { keyBytes, type Target } from '../target.ts'
import { readHealth, readInfo } from './bmc-facts.ts'
import { bootDescription, readBoot } from './boot-setting.ts'
import { descriptions } from './descriptions.ts'
import { ipmiFailure } from './ipmi-failure.ts'
import { packetMetrics } from './packet-metrics.ts'
import { compareRestartMark, readRestartMark } from './restart-mark.ts'

const DEFAULT_PORT = 623

/** Mode `ipmitool`: IPMI v2.0 over RMCP+, spoken by node-ipmi. One client for all BMCs of the process. */
export function rmcpPlus(client: IpmiClient = new IpmiClient()): DriverFactory {
  return {
    driver: (target) => driverOf(client, target),
    metrics: () => packetMetrics(client.counters),
    close: () => client.close(),
  }
}

function driverOf(client: IpmiClient, target: Target): BmcDriver {
  const { address, username, password, kg, cipherSuite, privilege, workarounds } = target
  const port = target.port === 0 ? DEFAULT_PORT : target.port
  const host = address.toLowerCase()
  const key = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const login = {
    address,
    port,
    username,
    password: password.reveal(),
    ...(kg && { kg: keyBytes(kg) }),
    ...(cipherSuite && { cipherSuite }),
    ...(privilege && { privilege }),
    workarounds,
  }
  return {
    key,
    service: 'ipmi',
    mode: 'ipmitool',
    open: async () => connectionOf(client.open(login), target, key),
    describe: (operation) => descriptions[operation],
    describeBoot: (request) => bootDescription(request, workarounds),
  }
}

/** One session: it is opened by the first command, and anew where the BMC has lost it. */
function connectionOf(connection: IpmiConnection, { workarounds }: Target, key: string): BmcConnection {
  /** `once`: a completion code that comes back is the end of it. The command is not sent again for the sake of a better one. */
  async function inSession<T>(call: Call, work: (session: IpmiSession) => Promise<T>, once = false): Promise<T> {
    try {
      return await connection.run(work, call)
    } catch (error) {
      throw ipmiFailure(error, once)
    }
  }
  const control =
    (name: ChassisControlName, once = false) =>
    (call: Call) =>
      inSession(
        call,
        async (session) => {
          await session.send(chassisControl, { control: ChassisControl[name] })
        },
        once,
      )
  return {
    status: (call) => inSession(call, readPower),
    on: control('powerUp'),
    off: control('powerDown'),
    cycle: control('powerCycle', true),
    reset: control('hardReset', true),
    diag: control('diagnosticInterrupt', true),
    soft: control('softShutdown'),
    getBoot: (call) => inSession(call, (session) => readBoot(session, workarounds)),
    setBoot: (request, call) => inSession(call, (session) => writeBootFlags(session, request)),
    restartMark: (call) => inSession(call, readRestartMark),
    outcomeOf: (_operation, before, call) => inSession(call, (session) => compareRestartMark(session, before)),
    identify: (seconds, call) =>
      inSession(call, async (session) => {
        await session.send(chassisIdentify, { intervalSeconds: seconds, force: false })
      }),
    info: (call) => inSession(call, (session) => readInfo(session, key)),
    health: (call) => inSession(call, readHealth),
    // Close Session goes out at once; nobody waits for its answer, as a BMC ends idle sessions by itself.
    close() {
      connection.close()
      return undefined
    },
  }
}
