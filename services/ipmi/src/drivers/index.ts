import { type PluginMetric, PowerbusError } from '@powerbus/plugin-sdk'
import type { Target } from '../target.ts'
import type { DriverFactory, IpmiDriver } from './driver.ts'

/** Drivers by the values of ipmi/mode. */
const loaders: Readonly<Record<string, () => Promise<DriverFactory>>> = {
  ipmitool: async () => (await import('./ipmitool.ts')).ipmitool(),
}

export interface Drivers {
  /** Throws DRIVER_UNKNOWN for a mode that has no driver. */
  open(mode: string, target: Target): Promise<IpmiDriver>
  /** Of the drivers that were used. */
  metrics(): readonly PluginMetric[]
  /** Closes the drivers that were used. */
  close(): Promise<void>
}

/** Each driver is loaded when a target first needs it, and kept. */
export function ipmiDrivers(): Drivers {
  const loaded = new Map<string, Promise<DriverFactory>>()
  const factories = new Set<DriverFactory>()
  const made = async (load: () => Promise<DriverFactory>) => {
    const factory = await load()
    factories.add(factory)
    return factory
  }
  return {
    async open(mode, target) {
      const load = Object.hasOwn(loaders, mode) ? loaders[mode] : undefined
      if (!load)
        throw new PowerbusError(
          'DRIVER_UNKNOWN',
          `Param ipmi/mode: no driver is called ${JSON.stringify(mode)}; there is ${Object.keys(loaders).join(', ')}`,
        )
      const factory = loaded.get(mode) ?? made(load)
      loaded.set(mode, factory)
      return (await factory).open(target)
    },
    metrics: () => [...factories].flatMap((factory) => factory.metrics?.() ?? []),
    async close() {
      for (const factory of loaded.values()) await (await factory).close()
      loaded.clear()
      factories.clear()
    },
  }
}
