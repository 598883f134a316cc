import type { Store } from '@powerbus/store'

const PREFIX = 'chatops/turn/'
/** Milliseconds after which the button of a killed press works again; a turn is renewed three times in it. */
export const TURN_MS = 30_000
/** Milliseconds in which a second click counts as a repeat. */
const DOUBLE_MS = 5_000

export interface TurnRequest {
  readonly state: () => Promise<Store>
  /** Id of the button. */
  readonly button: string
  /** Id of the press. */
  readonly owner: string
  readonly turnMs: number
  /** Called when a renewal fails; the next one is tried nevertheless. */
  readonly onFailure: (error: unknown) => void
}

/** Lets one press of a button run at a time, over all replicas. */
export class ButtonTurn {
  readonly #request: TurnRequest
  readonly #timer: NodeJS.Timeout
  #renewal: Promise<unknown> = Promise.resolve()

  private constructor(request: TurnRequest) {
    this.#request = request
    const renew = () => {
      this.#renewal = this.#keep(request.turnMs).catch(request.onFailure)
    }
    this.#timer = setInterval(renew, request.turnMs / 3).unref()
  }

  /** Undefined while a press of the same button runs, and for 5 s after it. Throws StoreError. */
  static async take(request: TurnRequest): Promise<ButtonTurn | undefined> {
    const store = await request.state()
    const options = { ttlMs: request.turnMs }
    const isOurs = await store.compareAndSet(PREFIX + request.button, undefined, request.owner, options)
    return isOurs ? new ButtonTurn(request) : undefined
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewal
    await this.#keep(DOUBLE_MS)
  }

  async #keep(ttlMs: number): Promise<void> {
    const { state, button, owner } = this.#request
    const store = await state()
    await store.compareAndSet(PREFIX + button, owner, owner, { ttlMs })
  }
}
