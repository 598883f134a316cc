import { isJsonObject } from '@powerbus/drp'
import type { BmcPlace } from '../machines/vm-machines.ts'
import type { BmcSettings } from '../settings.ts'
import type { VmContext } from '../vm/vm-context.ts'

const PREFIX = 'bmc/'
const HIGHEST_PORT = 65_535
const HIGHEST_ADDRESS = 0xffff_ffff

/** Address and port of each VM's BMC, kept so that a BMC moves only when its place is taken. */
export class BmcPlaces {
  readonly #state: VmContext['state']
  readonly #settings: BmcSettings
  #kept: Map<string, BmcPlace> | undefined

  constructor({ state }: VmContext, settings: BmcSettings) {
    this.#state = state
    this.#settings = settings
  }

  /** The VM's own place first, then the places of no VM, in order. */
  async *candidates(id: string): AsyncIterable<BmcPlace> {
    const kept = await this.#places()
    const own = kept.get(id)
    if (own && this.#isWithin(own)) yield own
    const taken = new Set(Array.from(kept.values(), textOf))
    for (const place of this.#all()) if (!taken.has(textOf(place))) yield place
  }

  /** Records where the VM's BMC listens. */
  async keep(id: string, place: BmcPlace): Promise<void> {
    const kept = await this.#places()
    const own = kept.get(id)
    if (own && textOf(own) === textOf(place)) return
    kept.set(id, place)
    await (await this.#state()).set(PREFIX + id, { ...place })
  }

  /** Frees the place of a VM that is gone. */
  async forget(id: string): Promise<void> {
    ;(await this.#places()).delete(id)
    await (await this.#state()).delete(PREFIX + id)
  }

  async #places(): Promise<Map<string, BmcPlace>> {
    if (this.#kept) return this.#kept
    const found = new Map<string, BmcPlace>()
    for await (const { key, value } of (await this.#state()).scan(PREFIX)) {
      if (isJsonObject(value)) found.set(key.slice(PREFIX.length), value as unknown as BmcPlace)
    }
    this.#kept ??= found
    return this.#kept
  }

  /** False for a place of earlier settings. */
  #isWithin({ address, port }: BmcPlace): boolean {
    const { spread, address: first, basePort } = this.#settings
    if (spread === 'port') return address === first && port >= basePort
    return port === basePort && numberOf(address) >= numberOf(first)
  }

  *#all(): Iterable<BmcPlace> {
    const { spread, address, basePort } = this.#settings
    if (spread === 'port') {
      for (let port = basePort; port <= HIGHEST_PORT; port++) yield { address, port }
      return
    }
    for (let number = numberOf(address); number <= HIGHEST_ADDRESS; number++)
      yield { address: addressOf(number), port: basePort }
  }
}

function textOf({ address, port }: BmcPlace): string {
  return `${address} ${port}`
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}
