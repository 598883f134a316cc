import { type ConfigContext, type PluginMetric, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { pluginParams } from './params.ts'
import { type HypervisorSettings, settingsOf } from './settings.ts'
import { tryAgain } from './vm/try-again.ts'
import { VmHost } from './vm-host.ts'

/** An endpoint ends a plugin whose config takes longer than 60 s. */
const CONFIG_MS = 45_000
/** How long another process may have the VMs, in milliseconds. */
const BUSY_MS = 40_000

/** Opens a hypervisor; asks nothing of it yet. */
export type OpenHypervisor = (settings: HypervisorSettings) => Promise<Hypervisor>

/** What the plugin is between its configs: nothing, or one host of VMs. */
export class Service {
  readonly #open: OpenHypervisor
  #host: VmHost | undefined

  constructor(open: OpenHypervisor) {
    this.#open = open
  }

  /** Throws PLUGIN_UNAVAILABLE before the first config, and after one that failed. */
  get host(): VmHost {
    if (this.#host) return this.#host
    throw new PowerbusError('PLUGIN_UNAVAILABLE', 'the plugin has no valid config: see its errors, and set its params')
  }

  /** The one from before ends first: it has the BMCs' ports. */
  async configure(context: ConfigContext<typeof pluginParams>): Promise<void> {
    const { params, name, endpoint, state, backgroundLog, signal } = context
    const endMs = systemClock.nowMs() + CONFIG_MS
    const settings = settingsOf(params)
    await this.stop()
    const hypervisor = await this.#openWhenFree(settings.hypervisor, signal)
    const host = new VmHost({ name, settings, hypervisor, endpoint, state, log: backgroundLog })
    try {
      await host.begin(signal, endMs)
    } catch (error) {
      await host.close()
      throw error
    }
    this.#host = host
  }

  /** The process before this one may take a moment to let go of the VMs. Throws TARGET_BUSY where it does not. */
  async #openWhenFree(settings: HypervisorSettings, signal: AbortSignal): Promise<Hypervisor> {
    const isBusy = ({ code }: PowerbusError) => code === 'TARGET_BUSY'
    return await tryAgain({ signal, timeoutMs: BUSY_MS }, isBusy, () => this.#open(settings))
  }

  metrics(): PluginMetric[] {
    return this.#host?.rack?.metrics() ?? []
  }

  async stop(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    await host?.close()
  }
}
