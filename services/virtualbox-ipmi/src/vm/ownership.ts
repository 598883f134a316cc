import { randomUUID } from 'node:crypto'
import { isJsonObject } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'

/** Key of the text kept with a VM that names its owner. */
const OWNER_KEY = 'powerbus/owner'
const INSTANCE_KEY = 'instance'
const MADE = 'made/'

/**
 * What this plugin has recorded about a VM that may be gone. `making`: from before the VM is made until it is marked.
 * `adopted`: not made by this plugin, and a machine stands for it.
 */
export type VmPhase = 'making' | 'made' | 'destroyed' | 'adopted'

/**
 * Which VMs this plugin made. Each is marked by a text that names the VM, so that the text does not count for a clone.
 * The phase `making` is recorded before the VM exists.
 */
export class Ownership {
  readonly #hypervisor: Hypervisor
  readonly #state: () => Promise<Store>
  readonly #plugin: string

  /** `plugin`: name of the plugin object. */
  constructor(hypervisor: Hypervisor, state: () => Promise<Store>, plugin: string) {
    this.#hypervisor = hypervisor
    this.#state = state
    this.#plugin = plugin
  }

  async write(id: string, phase: VmPhase): Promise<void> {
    await (await this.#state()).set(MADE + id, { phase })
  }

  async forget(id: string): Promise<void> {
    await (await this.#state()).delete(MADE + id)
  }

  /** Undefined for a VM that this plugin neither made nor adopted. */
  async phase(id: string): Promise<VmPhase | undefined> {
    const value = await (await this.#state()).get(MADE + id)
    return isJsonObject(value) ? (value.phase as VmPhase) : undefined
  }

  /** Marks the VM as this plugin's. */
  async mark(id: string, call: Call): Promise<void> {
    const owner = { vm: id, plugin: this.#plugin, instance: await this.#instance() }
    await this.#hypervisor.setExtra(id, OWNER_KEY, JSON.stringify(owner), call)
    await this.write(id, 'made')
  }

  /** Whether the VM's own mark names the VM and this plugin. */
  async isOurs(id: string, call: Call): Promise<boolean> {
    const text = await this.#hypervisor.getExtra(id, OWNER_KEY, call)
    if (text === undefined) return false
    return text === JSON.stringify({ vm: id, plugin: this.#plugin, instance: await this.#instance() })
  }

  /** Id of this plugin's state, which tells it from a plugin of the same name at another endpoint. */
  async #instance(): Promise<string> {
    const store = await this.#state()
    const fresh = randomUUID()
    if (await store.compareAndSet(INSTANCE_KEY, undefined, fresh)) return fresh
    return String(await store.get(INSTANCE_KEY))
  }
}
