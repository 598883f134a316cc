import { randomUUID } from 'node:crypto'
import { isJsonObject } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import type { VmContext } from './vm-context.ts'

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
  readonly #context: Pick<VmContext, 'hypervisor' | 'state'>
  readonly #plugin: string

  /** `plugin`: name of the plugin object. */
  constructor(context: Pick<VmContext, 'hypervisor' | 'state'>, plugin: string) {
    this.#context = context
    this.#plugin = plugin
  }

  async write(id: string, phase: VmPhase): Promise<void> {
    await (await this.#context.state()).set(MADE + id, { phase })
  }

  async forget(id: string): Promise<void> {
    await (await this.#context.state()).delete(MADE + id)
  }

  /** Undefined for a VM that this plugin neither made nor adopted. */
  async phase(id: string): Promise<VmPhase | undefined> {
    const value = await (await this.#context.state()).get(MADE + id)
    return isJsonObject(value) ? (value.phase as VmPhase) : undefined
  }

  /** Marks the VM as this plugin's. */
  async mark(id: string, call: Call): Promise<void> {
    await this.#context.hypervisor.setExtra(id, OWNER_KEY, await this.#markOf(id), call)
    await this.write(id, 'made')
  }

  /** Whether the VM's own mark names the VM and this plugin. */
  async isOurs(id: string, call: Call): Promise<boolean> {
    const text = await this.#context.hypervisor.getExtra(id, OWNER_KEY, call)
    return text !== undefined && text === (await this.#markOf(id))
  }

  async #markOf(id: string): Promise<string> {
    return JSON.stringify({ vm: id, plugin: this.#plugin, instance: await this.#instance() })
  }

  /** Id of this plugin's state, which tells it from a plugin of the same name at another endpoint. */
  async #instance(): Promise<string> {
    const store = await this.#context.state()
    const fresh = randomUUID()
    if (await store.compareAndSet(INSTANCE_KEY, undefined, fresh)) return fresh
    return String(await store.get(INSTANCE_KEY))
  }
}
