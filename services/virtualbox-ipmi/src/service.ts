import { resolve } from 'node:path'
import { type ConfigContext, type PluginMetric, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import { ownAddress } from './bmc/host-address.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { pluginParams } from './params.ts'
import { networkOf, type PluginParams, type Settings, settingsOf } from './settings.ts'
import { tryAgain } from './vm/try-again.ts'
import { VmHost } from './vm-host.ts'

/** An endpoint ends a plugin whose config takes longer than 60 s. */
const CONFIG_MS = 45_000
/** How long to wait for another process to release the VMs. */
const BUSY_MS = 40_000

/** Default folder of the file backend, in the plugin's working directory. */
const FILE_FOLDER = 'vms'

/** Opens the backend that the params name, loaded on demand, without calling it. */
async function openHypervisor(params: PluginParams): Promise<Hypervisor> {
  const { 'virtualbox/user': user, 'virtualbox/vm-path': folder, 'virtualbox/command': command } = params
  if (params['virtualbox/backend'] === 'file') {
    const { openFileHypervisor } = await import('./hypervisor/file/file-hypervisor.ts')
    return await openFileHypervisor({ folder: resolve(folder || FILE_FOLDER) })
  }
  const { openVirtualBox } = await import('./hypervisor/virtualbox/virtualbox.ts')
  return openVirtualBox({ user, network: networkOf(params), ...(command && { command }), ...(folder && { folder }) })
}

/** Throws PARAM_INVALID where virtualbox/bmc-address is not an address of this host. */
async function withOwnAddress(settings: Settings): Promise<Settings> {
  const { bmc } = settings
  return bmc ? { ...settings, bmc: { ...bmc, address: await ownAddress(bmc.address) } } : settings
}

/** The plugin between two configs: no host of VMs, or one. */
export class Service {
  readonly #open: typeof openHypervisor
  #host: VmHost | undefined

  constructor(open = openHypervisor) {
    this.#open = open
  }

  /** Throws PLUGIN_UNAVAILABLE before the first config, and after one that failed. */
  get host(): VmHost {
    if (this.#host) return this.#host
    throw new PowerbusError(
      'PLUGIN_UNAVAILABLE',
      'The plugin has no valid config: correct the params that its errors name',
    )
  }

  /** Closes the earlier host first, since it has the BMCs' ports. */
  async configure(context: ConfigContext<typeof pluginParams>): Promise<void> {
    const { params, name, endpoint, state, backgroundLog, signal } = context
    const endMs = systemClock.nowMs() + CONFIG_MS
    // What can be wrong is found before the earlier host is closed.
    networkOf(params)
    const settings = await withOwnAddress(settingsOf(params))
    await this.stop()
    // The process before this one may take a moment to release the VMs.
    const isBusy = ({ code }: PowerbusError) => code === 'TARGET_BUSY'
    const open = () => this.#open(params)
    const hypervisor = await tryAgain({ signal, timeoutMs: BUSY_MS }, isBusy, open)
    const host = new VmHost({ name, settings, hypervisor, endpoint, state, log: backgroundLog })
    try {
      await host.begin(signal, endMs)
    } catch (error) {
      await host.close()
      throw error
    }
    this.#host = host
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
