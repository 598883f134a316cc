import type { MediaSlot, Personality } from './personality.ts'
import type { Quirks } from './quirks.ts'
import { refused } from './refusal.ts'
import type { ServiceClock } from './service-clock.ts'

export interface Medium {
  readonly image: string
  readonly writeProtected: boolean
  readonly username: string | undefined
  readonly transferProtocol: string | undefined
  readonly transferMethod: string | undefined
}

/** The virtual drives of one system and the images in them. */
export class MediaDrives {
  readonly slots: readonly MediaSlot[]
  readonly #quirks: Quirks
  readonly #clock: ServiceClock
  readonly #media = new Map<string, Medium>()
  #ejectedMs = Number.NEGATIVE_INFINITY

  constructor(quirks: Quirks, clock: ServiceClock, { media }: Personality) {
    this.slots = media
    this.#quirks = quirks
    this.#clock = clock
  }

  slot(id: string): MediaSlot | undefined {
    return this.slots.find((slot) => slot.id === id)
  }

  medium(id: string): Medium | undefined {
    return this.#media.get(id)
  }

  /** Throws a Refusal where the drive is in use, or still busy with an eject. */
  insert(id: string, medium: Medium): void {
    if (this.#media.has(id)) throw refused(409, 'ResourceInUse')
    if (this.#clock.nowMs() - this.#ejectedMs < this.#quirks.mediaBusyMs) throw refused(503, 'ResourceInUse')
    this.#media.set(id, medium)
  }

  eject(id: string): void {
    if (this.#media.delete(id)) this.#ejectedMs = this.#clock.nowMs()
  }
}
