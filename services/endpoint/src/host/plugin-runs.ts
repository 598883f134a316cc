import type { PluginObject } from '@powerbus/drp'
import type { PluginDelivery } from '../events/plugin-delivery.ts'
import { BusPlugin } from './bus-plugin.ts'
import type { RunningPlugin } from './running-plugin.ts'

export interface Run {
  readonly running: RunningPlugin
  /** Name of its provider. */
  readonly provider: string
  /** Undefined where it takes no events, or gets them from the bus itself. */
  readonly delivery: PluginDelivery | undefined
  /** The plugin as its last event showed it. */
  shown: PluginObject
  /** Resolves when its first config has succeeded or failed. */
  started: Promise<void>
}

/** The running plugins by the names of their objects. */
export class PluginRuns extends Map<string, Run> {
  /** Figures of all of them. */
  get figures() {
    return Array.from(this, ([plugin, { running }]) => ({
      plugin,
      isUp: running.errors.length === 0,
      ...running.figures,
    }))
  }

  /** Those that replicas on the bus run, of one provider or all. */
  onBus(provider?: string): [name: string, running: BusPlugin, run: Run][] {
    return Array.from(this).flatMap(([name, run]) =>
      run.running instanceof BusPlugin && (provider ?? run.provider) === run.provider
        ? [[name, run.running, run] satisfies [string, BusPlugin, Run]]
        : [],
    )
  }

  /** Stops the plugin. True where this endpoint delivered events to it. */
  async end(name: string): Promise<boolean> {
    const run = this.get(name)
    this.delete(name)
    await run?.delivery?.stop()
    await run?.running.stop()
    return run?.delivery !== undefined
  }

  async endAll(): Promise<void> {
    const runs = [...this.values()]
    // A plugin's stop finishes its work; the bus delivers unacknowledged events again.
    await Promise.all(runs.map(({ delivery }) => delivery?.stop()))
    await Promise.all(runs.map(({ running }) => running.stop()))
    this.clear()
  }
}
