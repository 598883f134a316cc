import type { Store } from '@powerbus/store'

const PREFIX = 'chatops/turn/'
/** A turn is renewed three times as often: after a kill its button works again when so many milliseconds have passed. */
export const TURN_MS = 30_000
/** Two clicks of one person, or of two who saw the same message. */
const DOUBLE_MS = 5_000

export interface TurnRequest {
  readonly state: () => Promise<Store>
  /** Of the button. */
  readonly button: string
  /** Of the press. */
  readonly owner: string
  readonly turnMs: number
  /** A renewal failed; the next one is tried all the same. */
  readonly onFailure: (error: unknown) => void
}

/** Of the presses of one button one is carried out at a time, over all replicas. */
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

  /** Undefined while a press of the same button is being carried out, and for 5 s after that. Rejects with StoreError. */
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
