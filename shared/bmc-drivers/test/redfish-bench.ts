import { createPowerEngine, type PowerContext, type PowerVerb, Secret } from '@powerbus/plugin-sdk'
import { RedfishClient, type Wire, type WireAnswer, WireFailure, type WireRequest } from '@powerbus/redfish'
import {
  type ControlVerb,
  exchange,
  faultyAnswer,
  type PersonalityName,
  PlainMachine,
  personalities,
  type Quirks,
  ServiceState,
  takeRule,
} from '@powerbus/redfish/service'
import { VirtualClock } from '@powerbus/testkit'
import type { BmcConnection, DriverFactory } from '../src/driver.ts'
import { redfish } from '../src/redfish/redfish.ts'
import type { Target } from '../src/target.ts'

export const PASSWORD = 'only-the-bmc-knows'

export const redfishTarget: Target = {
  address: '192.0.2.20',
  port: 0,
  username: 'admin',
  password: new Secret(PASSWORD),
  workarounds: [],
}

export interface RedfishBenchOptions {
  readonly personality?: PersonalityName
  readonly quirks?: Partial<Quirks>
  readonly isOn?: boolean
  /** Time that each change of the power takes. */
  readonly changeMs?: number
  readonly ipmi?: DriverFactory
}

const params: PowerContext['params'] = {
  'power/timeout': 120,
  'power/soft-timeout': 600,
  'power/force-after-soft': false,
  'power/resend': false,
  'power/protected': false,
  'power/dry-run': false,
  'power/min-gap': 0,
}

/** Our Redfish service, our client and our driver in memory, on one virtual clock. */
export function redfishBench(options: RedfishBenchOptions = {}) {
  const { personality = 'standard', quirks, isOn = false, changeMs = 500, ipmi } = options
  const clock = new VirtualClock()
  const machine = new PlainMachine({ isOn, changeMs, clock })
  const state = new ServiceState({
    hosts: [{ machine, uuid: '9a1e7d5c-8a0e-4d3c-9c5e-0f4f6f1b2a33' }],
    accounts: [{ username: 'admin', password: PASSWORD }],
    personality: personalities[personality],
    clock,
    ...(quirks && { quirks }),
  })
  const requests: string[] = []
  const client = new RedfishClient({ clock, openWire: () => new MemoryWire(state, clock, requests) })
  const factory = redfish({
    client,
    clock,
    ipmi: async (target) => {
      if (!ipmi) throw new Error('this bench has no IPMI')
      return ipmi.driver(target)
    },
  })
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const notes: string[] = []
  const target = { ...redfishTarget, note: (text: string) => void notes.push(text) }
  const context = (command: string, more: Partial<PowerContext['params']> = {}): PowerContext => ({
    command,
    requestId: 'bench',
    signal: new AbortController().signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: { ...params, ...more },
  })
  const call = (timeoutMs = 60_000) => ({ signal: new AbortController().signal, timeoutMs })
  return {
    clock,
    machine,
    state,
    client,
    factory,
    engine,
    requests,
    notes,
    target,
    driver: (more: Partial<Target> = {}) => factory.driver({ ...target, ...more }),
    power: (verb: PowerVerb, more: Partial<PowerContext['params']> = {}) =>
      clock.run(engine.power(verb, factory.driver(target), context(verb, more))),
    setBoot: (device: 'pxe' | 'disk' | 'cdrom' | 'bios' | 'none', persistent = false, efi = true) =>
      clock.run(engine.setBoot({ device, persistent, efi }, factory.driver(target), context('boot'))),
    getBoot: () => clock.run(engine.getBoot(factory.driver(target), context('getBoot'))),
    /** One call over one connection. */
    ask: async <T>(work: (bmc: BmcConnection, limits: ReturnType<typeof call>) => Promise<T> | undefined) => {
      const limits = call()
      const bmc = await factory.driver(target).open(limits)
      try {
        return await clock.run(Promise.resolve(work(bmc, limits)))
      } finally {
        await bmc.close?.(limits)
      }
    },
    count: (verb: ControlVerb) => machine.verbs.filter((done) => done === verb).length,
    /** Requests of a method to paths that contain the text. */
    sent: (method: string, path = '') => requests.filter((line) => line.startsWith(method) && line.includes(path)),
    close: () => clock.run(factory.close()),
  }
}

/** One connection to a service in this process; its rules of faults hold. */
class MemoryWire implements Wire {
  readonly #state: ServiceState
  readonly #clock: VirtualClock
  readonly #requests: string[]

  constructor(state: ServiceState, clock: VirtualClock, requests: string[]) {
    this.#state = state
    this.#clock = clock
    this.#requests = requests
  }

  async exchange({ method, path, headers, body, signal }: WireRequest): Promise<WireAnswer> {
    const state = this.#state
    this.#requests.push(`${method} ${path}${body === undefined ? '' : ` ${body}`}`)
    if (state.isDown) throw new WireFailure('connect', false, false, new Error('no route'))
    const rule = takeRule(state.quirks.rules, method, path)
    const until = (delayMs: number) =>
      this.#clock.sleep(delayMs, signal).catch((cause: unknown) => {
        throw new WireFailure('aborted', true, false, cause)
      })
    if (rule?.latencyMs !== undefined) await until(rule.latencyMs)
    if (rule?.lose === 'request') throw new WireFailure('lost', true, false, new Error('reset'))
    if (rule?.hang) await until(3_600_000)
    const incoming = {
      method,
      url: path,
      headers,
      body: Buffer.from(body ?? ''),
      from: '192.0.2.1',
      isSecure: true,
    }
    const instead = rule && faultyAnswer(rule)
    const answer =
      instead ??
      (await exchange(state, incoming, (error) => {
        throw error
      }))
    if (rule?.lose === 'answer') throw new WireFailure('lost', true, false, new Error('reset'))
    if (signal.aborted) throw new WireFailure('aborted', true, false, signal.reason)
    const patched =
      rule?.patch && answer.body !== undefined
        ? JSON.stringify({ ...JSON.parse(answer.body), ...rule.patch })
        : answer.body
    const lower = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value])
    return {
      status: answer.status,
      headers: Object.fromEntries(lower),
      body: Buffer.from(typeof rule?.body === 'string' && rule.body !== 'huge' ? rule.body : (patched ?? '')),
    }
  }

  close(): void {
    // Nothing is open.
  }
}
