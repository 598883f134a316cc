import { randomUUID } from 'node:crypto'
import { isJsonObject } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'

/** Key of the text that says whose a VM is. */
const OWNER_KEY = 'powerbus/owner'
const INSTANCE_KEY = 'instance'
const MADE = 'made/'

/** What a plugin knows of a VM, whether the VM is still there or not. */
export interface MadeVm {
  /**
   * `making` from before it is made until it says whose it is; `destroyed` by this plugin; `adopted`: somebody else made it, and a machine
   * stands for it.
   */
  readonly phase: 'making' | 'made' | 'destroyed' | 'adopted'
}

/**
 * Which VMs are this plugin's: those that it made, and no others. A VM says so itself, in a text that names the VM, so that a clone of it says
 * nothing. The plugin wrote down that it would make it before it did.
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

  /** Before a VM of that id is made, and whenever that changes. */
  async write(id: string, phase: MadeVm['phase']): Promise<void> {
    await (await this.#state()).set(MADE + id, { phase })
  }

  async forget(id: string): Promise<void> {
    await (await this.#state()).delete(MADE + id)
  }

  /** Undefined for a VM that this plugin neither made nor adopted. */
  async phase(id: string): Promise<MadeVm['phase'] | undefined> {
    const value = await (await this.#state()).get(MADE + id)
    return isJsonObject(value) ? (value as unknown as MadeVm).phase : undefined
  }

  /** Has the VM say that it is this plugin's. */
  async mark(id: string, call: Call): Promise<void> {
    const owner = { vm: id, plugin: this.#plugin, instance: await this.#instance() }
    await this.#hypervisor.setExtra(id, OWNER_KEY, JSON.stringify(owner), call)
    await this.write(id, 'made')
  }

  /** Whether the VM itself says that it is this plugin's. */
  async isOurs(id: string, call: Call): Promise<boolean> {
    const text = await this.#hypervisor.getExtra(id, OWNER_KEY, call)
    if (text === undefined) return false
    return text === JSON.stringify({ vm: id, plugin: this.#plugin, instance: await this.#instance() })
  }

  /** Names this plugin's state folder (or its part of a Redis): another endpoint's plugin of the same name is another one. */
  async #instance(): Promise<string> {
    const store = await this.#state()
    const fresh = randomUUID()
    if (await store.compareAndSet(INSTANCE_KEY, undefined, fresh)) return fresh
    return String(await store.get(INSTANCE_KEY))
  }
}
