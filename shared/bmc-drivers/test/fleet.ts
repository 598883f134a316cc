import { createPowerEngine, PowerbusError, type PowerVerb, Secret } from '@powerbus/plugin-sdk'
import type { PowerContext, PowerResult } from '@powerbus/plugin-sdk/power'
import { MemoryNetwork, VirtualClock } from '@powerbus/testkit'
import { IpmiClient } from 'node-ipmi'
import { type Bmc, type BmcFaults, type ChassisControlName, createBmc, listenBmc, seededRandom } from 'node-ipmi/bmc'
import { rmcpPlus } from '../src/rmcp-plus/rmcp-plus.ts'

export interface FleetOptions {
  readonly count: number
  readonly seed: number
  /** Of the datagrams in each direction. */
  readonly lossRate: number
  readonly resend?: boolean
  /** How long a cycle takes the power away, in milliseconds; 0: it is never seen. */
  readonly offMs?: number
  /** How long the machine takes to execute an order, in milliseconds; its BMC answers then. */
  readonly controlMs?: number
  /** The machine executes nothing. */
  readonly refuses?: boolean
  /** Of BMC number n. */
  readonly faults?: (n: number) => BmcFaults
}

/** How one action ended, and what its BMC counted. */
export interface FleetEnd {
  readonly result?: PowerResult
  /** Code of the error. */
  readonly code?: string
  /** How often the machine executed the operation. */
  readonly executed: number
  /** From the call, on the virtual clock. */
  readonly tookMs: number
}

const params: PowerContext['params'] = {
  'power/timeout': 60,
  'power/soft-timeout': 60,
  'power/force-after-soft': false,
  'power/protected': false,
  'power/dry-run': false,
  'power/resend': false,
  'power/min-gap': 0,
}

/**
 * Runs the verb on every BMC at once, through the power engine and the driver ipmitool, in memory and on a virtual clock. All machines are
 * on, and were last switched on by command: no power event or restart cause tells of a cycle.
 */
export async function runFleet(verb: PowerVerb, operation: ChassisControlName, options: FleetOptions) {
  const { count, seed, lossRate, resend = false, offMs = 1000, controlMs = 0, refuses = false } = options
  const clock = new VirtualClock(0)
  const bytes = seededRandom(seed)
  const random = () => {
    const [a = 0, b = 0, c = 0] = bytes(3)
    return (a * 65536 + b * 256 + c) / 2 ** 24
  }
  const network = new MemoryNetwork({ clock, random, delayMs: 1, lossRate })
  const addresses = Array.from({ length: count }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
  const bmcs: Bmc[] = []
  for (const [n, address] of addresses.entries()) {
    let isOn = true
    const later = (delayMs: number, on: boolean) =>
      clock.after(delayMs, () => {
        isOn = on
      })
    const bmc = createBmc({
      clock,
      random: seededRandom(1000 * seed + n),
      users: [{ name: 'admin', password: 'secret' }],
      faults: options.faults?.(n) ?? {},
      chassis: {
        isOn: () => isOn,
        async control(control) {
          if (controlMs > 0) await clock.sleep(controlMs)
          if (refuses) return 'notSupported'
          if (control === 'powerCycle' && offMs > 0) {
            isOn = false
            later(offMs, true)
          }
          if (control === 'softShutdown') later(2000, false)
          return 'accepted'
        },
        status: () => ({ lastEventCommandOn: true }),
        restartCause: () => ({ cause: 1, channel: 1 }),
      },
    })
    await listenBmc(bmc, { address, port: 623, transport: network })
    bmcs.push(bmc)
  }
  const client = new IpmiClient({ transport: network, clock, random: seededRandom(seed + 1) })
  const factory = rmcpPlus(client)
  const engine = createPowerEngine({ clock, random })
  const context = (): PowerContext => ({
    command: verb,
    requestId: 'fleet',
    signal: new AbortController().signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: { ...params, 'power/resend': resend },
  })
  const login = { port: 0, username: 'admin', password: new Secret('secret'), workarounds: [], cipherSuite: 3 } as const
  const run = async (address: string): Promise<Omit<FleetEnd, 'executed'>> => {
    try {
      const result = (await engine.power(verb, factory.driver({ ...login, address }), context())) as PowerResult
      return { result, tookMs: clock.nowMs() }
    } catch (error) {
      if (!(error instanceof PowerbusError)) throw error
      return { code: error.code, tookMs: clock.nowMs() }
    }
  }
  const ended = await clock.run(Promise.all(addresses.map(run)))
  // Late effects count too.
  await clock.pass(20_000)
  await clock.run(factory.close())
  return ended.map((end, n): FleetEnd => ({ ...end, executed: bmcs[n]?.counters.executed[operation] ?? 0 }))
}

/** What a fleet's ends are worth. */
export interface Tally {
  readonly done: number
  readonly notAnswered: number
  readonly unknown: number
  /** Other errors, by code. */
  readonly others: Readonly<Record<string, number>>
  readonly resent: number
  /** Executed twice or more. */
  readonly doubled: number
  /** Said to be done, and not executed. */
  readonly falselyDone: number
  /** Said to be most likely not executed, and executed. */
  readonly falselyNot: number
  /** Done, or most likely not executed, and true. */
  readonly known: number
  /** Until the last one ended, in seconds. */
  readonly seconds: number
  /** Until half of them had ended, in seconds. */
  readonly median: number
}

export function tallyOf(ends: readonly FleetEnd[]): Tally {
  const count = (what: (end: FleetEnd) => boolean) => ends.filter(what).length
  const isDone = ({ result }: FleetEnd) => result !== undefined
  const isNot = ({ code }: FleetEnd) => code === 'NOT_ANSWERED'
  const times = ends.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const others: Record<string, number> = {}
  for (const { code } of ends)
    if (code && code !== 'NOT_ANSWERED' && code !== 'OUTCOME_UNKNOWN') others[code] = (others[code] ?? 0) + 1
  return {
    done: count(isDone),
    notAnswered: count(isNot),
    unknown: count(({ code }) => code === 'OUTCOME_UNKNOWN'),
    others,
    resent: count(({ result }) => result?.Attempts === 2),
    doubled: count(({ executed }) => executed > 1),
    falselyDone: count((end) => isDone(end) && end.executed === 0),
    falselyNot: count((end) => isNot(end) && end.executed > 0),
    known: count((end) => (isDone(end) && end.executed === 1) || (isNot(end) && end.executed === 0)),
    seconds: (times.at(-1) ?? 0) / 1000,
    median: (times[times.length >> 1] ?? 0) / 1000,
  }
}
