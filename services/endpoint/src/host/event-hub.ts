import type { DrpEvent } from '@powerbus/drp'

type Listener = (event: DrpEvent) => void

/** Hands every event to all who listen in this process. */
export class EventHub {
  readonly #listeners = new Set<Listener>()

  publish(event: DrpEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** Gives the function that ends the subscription. A listener must not throw. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
