import type { PluginMetric } from '@powerbus/plugin-sdk'
import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import type { BmcDriver, DriverFactory } from './driver.ts'
import type { Target } from './target.ts'

export type { BmcConnection, BmcDriver, BmcOperation, DriverFactory } from './driver.ts'
export type {
  BmcInfo,
  Fru,
  Health,
  LogEntry,
  Resource,
  ResourceKind,
  Sensor,
  Thresholds,
} from './facts.ts'
export type { MediaRequest, MediaResult, MediaSlot } from './media.ts'
export {
  checkTarget,
  keyBytes,
  type RacadmOptions,
  type RedfishOptions,
  type Target,
  type TlsOptions,
} from './target.ts'
export { type Workaround, workaroundFacts, workarounds } from './workarounds.ts'

const loadRacadm = async () => (await import('./racadm/racadm.ts')).racadm()

/** The driver of another mode, for those that speak two protocols. */
type Others = (mode: string) => Promise<DriverFactory>

/** Drivers by the values of ipmi/mode. The one for RMCP+ has DRP's name for it: it uses no ipmitool. */
const loaders: Readonly<Record<string, (others: Others) => Promise<DriverFactory>>> = {
  ipmitool: async () => (await import('./rmcp-plus/rmcp-plus.ts')).rmcpPlus(),
  racadm: loadRacadm,
  // A misspelling that older machines have.
  racadmn: loadRacadm,
  redfish: async (others) =>
    (await import('./redfish/redfish.ts')).redfish({
      ipmi: async (target) => (await others('ipmitool')).driver(target),
    }),
  auto: async (others) =>
    (await import('./auto/auto.ts')).auto({ redfish: () => others('redfish'), ipmitool: () => others('ipmitool') }),
  lpar: async () => (await import('./lpar/lpar.ts')).lpar(),
}

export interface Drivers {
  /** Sends nothing. Throws DRIVER_UNKNOWN for a mode that has no driver, PARAM_INVALID for a target that cannot be. */
  driver(mode: string, target: Target): Promise<BmcDriver>
  /** Of the drivers that were used. */
  metrics(): readonly PluginMetric[]
  /** Closes the drivers that were used. */
  close(): Promise<void>
}

export interface DriversByMode extends Drivers {
  /** What makes the drivers of a mode, for a caller with thousands of targets. Throws DRIVER_UNKNOWN. */
  factory(mode: string): Promise<DriverFactory>
}

/** Each driver is loaded when a target first needs it, and kept. */
export function bmcDrivers(): DriversByMode {
  const loaded = new Map<string, Promise<DriverFactory>>()
  const factories = new Set<DriverFactory>()
  const made = async (load: (others: Others) => Promise<DriverFactory>) => {
    const factory = await load(factoryOf)
    factories.add(factory)
    return factory
  }
  const factoryOf = async (mode: string): Promise<DriverFactory> => {
    const load = Object.hasOwn(loaders, mode) ? loaders[mode] : undefined
    if (!load)
      throw new PowerbusError(
        'DRIVER_UNKNOWN',
        `Param ipmi/mode: no driver is called ${JSON.stringify(mode)}; there is ${Object.keys(loaders).join(', ')}`,
      )
    const factory = loaded.get(mode) ?? made(load)
    loaded.set(mode, factory)
    return factory
  }
  return {
    driver: async (mode, target) => (await factoryOf(mode)).driver(target),
    factory: factoryOf,
    metrics: () => [...factories].flatMap((factory) => factory.metrics?.() ?? []),
    async close() {
      for (const factory of loaded.values()) await (await factory).close()
      loaded.clear()
      factories.clear()
    },
  }
}
