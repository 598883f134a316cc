import type { BootRequest, Call, OnceOperation } from '@powerbus/plugin-sdk/unshared'
import type { RedfishClock, RedfishConnection } from '@powerbus/redfish'
import type { BmcConnection } from '../driver.ts'
import type { ResourceKind } from '../facts.ts'
import type { MediaRequest } from '../media.ts'
import type { Target } from '../target.ts'
import { acCycle, mayAcCycle } from './ac-cycle.ts'
import { type BootNotes, readBoot, setBoot } from './boot.ts'
import { Budget } from './budget.ts'
import { readConsoleFacts } from './console-facts.ts'
import { readFirmware } from './firmware.ts'
import { readFru } from './fru.ts'
import { readHealth } from './health.ts'
import { identify } from './identify.ts'
import { readInfo } from './info.ts'
import { clearLog, readLog } from './log.ts'
import { ejectAll, mount, readMedia } from './media.ts'
import { readMockup } from './mockup.ts'
import { cycle, interrupt, restart, shutDown } from './once.ts'
import { compareMark, readMark, readPower, switchPower } from './power.ts'
import { isDip, type Power } from './power-word.ts'
import { redfishFailure } from './redfish-failure.ts'
import { readResource, resetBios } from './resources.ts'
import type { RulesByBmc } from './rules-by-bmc.ts'
import { readSensors } from './sensors.ts'
import { Visit } from './visit.ts'

export interface RedfishBmcOptions {
  readonly connection: RedfishConnection
  readonly key: string
  readonly clock: RedfishClock
  readonly rules: RulesByBmc
  readonly target: Target
  readonly openIpmi: (call: Call) => Promise<BmcConnection>
}

/** One BMC for one action. Each method is one visit, within the time of its call. */
export class RedfishBmc implements BmcConnection {
  readonly #options: RedfishBmcOptions
  readonly #bootNotes: BootNotes = { isOnce: false, isByAttributes: false }

  /** Since the mark was read the machine was seen on its way through off. */
  #isDipped = false

  constructor(options: RedfishBmcOptions) {
    this.#options = options
  }

  status(call: Call, wanted?: Power) {
    return this.#visit(call, (visit) => readPower(visit, wanted))
  }

  on(call: Call) {
    return this.#visit(call, (visit) => switchPower(visit, 'on'))
  }

  off(call: Call) {
    return this.#visit(call, (visit) => switchPower(visit, 'off'))
  }

  cycle(call: Call) {
    return this.#once(call, cycle)
  }

  /** By IPMI where the rules of this BMC say that its Redfish does harm. Nothing was sent by then. */
  async reset(call: Call) {
    const rules = await this.#visit(call, (visit) => visit.rules())
    return rules.reset === 'ipmi' ? this.#resetByIpmi(call) : this.#once(call, restart)
  }

  diag(call: Call) {
    return this.#once(call, interrupt)
  }

  soft(call: Call) {
    return this.#once(call, shutDown)
  }

  mayAcCycle(call: Call) {
    return this.#visit(call, mayAcCycle)
  }

  acCycle(call: Call) {
    return this.#once(call, acCycle)
  }

  getBoot(call: Call) {
    return this.#visit(call, (visit) => readBoot(visit, this.#bootNotes))
  }

  setBoot(request: BootRequest, call: Call) {
    return this.#visit(call, (visit) => setBoot(visit, request, this.#bootNotes))
  }

  restartMark(call: Call) {
    this.#isDipped = false
    return this.#visit(call, readMark)
  }

  async outcomeOf(_operation: OnceOperation, markBefore: string, call: Call) {
    return this.#isDipped ? 'done' : this.#visit(call, (visit) => compareMark(visit, markBefore))
  }

  identify(seconds: number, call: Call) {
    return this.#visit(call, (visit) => identify(visit, seconds > 0))
  }

  info(call: Call) {
    return this.#visit(call, readInfo)
  }

  health(call: Call) {
    return this.#visit(call, readHealth)
  }

  sensors(call: Call) {
    return this.#visit(call, readSensors)
  }

  sel(call: Call) {
    return this.#visit(call, readLog)
  }

  clearSel(call: Call) {
    return this.#visit(call, clearLog)
  }

  fru(call: Call) {
    return this.#visit(call, readFru)
  }

  resource(kind: ResourceKind, call: Call) {
    return this.#visit(call, async (visit) => {
      const found = await readResource(visit, kind)
      return Array.isArray(found) ? found.map(({ body }) => body) : found.body
    })
  }

  mediaStatus(call: Call) {
    return this.#visit(call, readMedia)
  }

  mountMedia(request: MediaRequest, call: Call) {
    return this.#visit(call, (visit) => mount(visit, request))
  }

  unmountMedia(call: Call) {
    return this.#visit(call, ejectAll)
  }

  firmware(call: Call) {
    return this.#visit(call, async (visit) => (await readFirmware(visit)).map(({ body }) => body))
  }

  resetBios(call: Call) {
    return this.#visit(call, resetBios)
  }

  mockup(call: Call) {
    return this.#visit(call, readMockup)
  }

  consoleFacts(call: Call) {
    return this.#visit(call, readConsoleFacts)
  }

  /** Keeps the session at the BMC for the next action. */
  close() {
    this.#options.connection.close()
    return undefined
  }

  async #resetByIpmi(call: Call): Promise<void> {
    const bmc = await this.#options.openIpmi(call)
    try {
      await bmc.reset?.(call)
    } finally {
      await bmc.close?.(call)
    }
  }

  #once(call: Call, work: (visit: Visit) => Promise<void>): Promise<void> {
    return this.#visit(call, work, true)
  }

  async #visit<T>(call: Call, work: (visit: Visit) => Promise<T>, once = false): Promise<T> {
    const { connection, key, clock, rules, target } = this.#options
    const { systemId, rules: named } = target.redfish ?? {}
    const visit = new Visit({
      connection,
      budget: new Budget(call, key, clock),
      key,
      systemId,
      rulesOf: (one) => rules.of(one, named, target.note),
      sawPower: (word) => {
        this.#isDipped ||= isDip(word)
      },
    })
    try {
      return await work(visit)
    } catch (error) {
      throw redfishFailure(error, once)
    }
  }
}
