import type { BootRequest, Call } from '@powerbus/plugin-sdk/unshared'
import type { BmcConnection, BmcDriver, DriverFactory } from '../driver.ts'
import { checkTarget, type Target } from '../target.ts'
import { AutoBmc, type Openers } from './auto-bmc.ts'
import { Ways } from './ways.ts'

export interface AutoOptions {
  readonly redfish: () => Promise<DriverFactory>
  readonly ipmitool: () => Promise<DriverFactory>
  readonly ways?: Ways
}

/** Mode `auto`: Redfish where the BMC answers it and takes the login, else RMCP+. */
export function auto({ redfish, ipmitool, ways = new Ways() }: AutoOptions): DriverFactory {
  return {
    driver: (target) =>
      new AutoDriver(target, ways, {
        redfish: async () => (await redfish()).driver(target),
        ipmitool: async () => {
          // A password that Redfish takes may be too long for IPMI.
          checkTarget(target, 'ipmitool')
          return (await ipmitool()).driver({ ...target, port: target.ipmiPort ?? 0 })
        },
      }),
    // The drivers that it uses are closed by whoever made them.
    close: () => Promise.resolve(),
  }
}

class AutoDriver implements BmcDriver {
  readonly service = 'ipmi'
  readonly mode = 'auto'
  readonly callMs = 30_000
  readonly resendMs = 30_000
  /** The light of the way that has no end is switched off by whoever asked; twice does no harm. */
  readonly identifyEnds = false
  readonly #target: Target
  readonly #ways: Ways
  readonly #openers: Openers

  constructor(target: Target, ways: Ways, openers: Openers) {
    this.#target = target
    this.#ways = ways
    this.#openers = openers
  }

  get key(): string {
    const { address, port, ipmiPort = 0, redfish: { systemId } = {} } = this.#target
    return [address.toLowerCase(), port || 443, ipmiPort || 623, ...(systemId ? [systemId] : [])].join('/')
  }

  async open(call: Call): Promise<BmcConnection> {
    const bmc = new AutoBmc({ key: this.key, ways: this.#ways, openers: this.#openers, note: this.#target.note })
    await bmc.find(call)
    return bmc
  }

  describe(operation: Parameters<BmcDriver['describe']>[0]): string {
    return `${operation}, by Redfish where the BMC answers it and takes the login, else by IPMI`
  }

  describeBoot({ device }: BootRequest): string {
    return `boot from ${device}, by Redfish where the BMC answers it and takes the login, else by IPMI`
  }
}
