import { type Json, type Lock, LockHeldError, type Store, StoreError } from '@powerbus/store'
import { abortError } from './abort.ts'
import { type Clock, pause } from './clock.ts'
import type { Changer, Claim, CommandKind, Gaps, Holder, Lease } from './coordinator.ts'
import { busyError } from './refusals.ts'
import { fromStore, ofStore } from './store-failure.ts'

/** As long as a request without an end: later, nobody asks what became of a change. */
const CHANGER_KEPT_MS = 86_400_000

/** Of all replicas one has the turn at a BMC; slots of the store keep commands apart. */
export class StoreLease implements Lease {
  readonly #store: Store
  readonly #clock: Clock
  readonly #claim: Claim
  readonly #lock: Lock

  private constructor(store: Store, clock: Clock, claim: Claim, lock: Lock) {
    this.#store = store
    this.#clock = clock
    this.#claim = claim
    this.#lock = lock
  }

  /** Waits for the turn. Throws TARGET_BUSY with its holder, DEADLINE_EXCEEDED on abort, STORE_UNAVAILABLE. */
  static async take(store: Store, clock: Clock, claim: Claim, ttlMs: number): Promise<StoreLease> {
    const { key, holder, waitMs, signal } = claim
    const owner = { command: holder.command, requestId: holder.requestId }
    try {
      const lock = await store.lock({ key: bmcKey(key), owner, ttlMs, waitMs, signal })
      return new StoreLease(store, clock, claim, lock)
    } catch (error) {
      if (error instanceof LockHeldError)
        throw busyError(claim, error.holder.owner as unknown as Holder, error.holder.sinceMs)
      if (signal.aborted && !(error instanceof StoreError)) throw abortError(signal, `waiting for ${key}`)
      throw ofStore(error)
    }
  }

  get turn(): number {
    return this.#lock.fence.number
  }

  get lost(): AbortSignal {
    return this.#lock.lost
  }

  /** The store refuses slot and record where the BMC has passed to another replica, however late this one is. */
  async beforeCommand(kind: CommandKind, gaps: Gaps): Promise<void> {
    const { key, signal } = this.#claim
    // Before the slot, which says when the command leaves.
    if (kind === 'change') await this.#recordChanger()
    const waitMs = await this.#takeSlots(kind, gaps)
    if (waitMs > 0) {
      const ended = AbortSignal.any([signal, this.#lock.lost])
      await pause(this.#clock, waitMs, ended, `${key} was being waited for`).catch((error: unknown) => {
        this.assertHeld()
        throw error
      })
      await this.#takeSlots(kind, { anyMs: 0, changeMs: 0 })
    }
    this.assertHeld()
  }

  async lastChanger(): Promise<Changer | undefined> {
    return (await fromStore(this.#store.get(changerKey(this.#claim.key)))) as Changer | undefined
  }

  assertHeld(): void {
    try {
      this.#lock.assertHeld()
    } catch (error) {
      throw ofStore(error)
    }
  }

  release(): Promise<boolean> {
    return this.#lock.release()
  }

  async #recordChanger(): Promise<void> {
    const { key, holder } = this.#claim
    const { command, requestId } = holder
    const changer: Changer = { turn: this.turn, command, requestId, atMs: this.#clock.dateMs() }
    const options = { ttlMs: CHANGER_KEPT_MS, fence: this.#lock.fence }
    await fromStore(this.#store.set(changerKey(key), changer as unknown as Json, options))
  }

  async #takeSlots(kind: CommandKind, { anyMs, changeMs }: Gaps): Promise<number> {
    const { fence } = this.#lock
    const key = bmcKey(this.#claim.key)
    const any = this.#store.takeSlot(`${key}/any`, anyMs, { fence })
    const change = kind === 'change' ? this.#store.takeSlot(`${key}/change`, changeMs, { fence }) : 0
    return Math.max(...(await fromStore(Promise.all([any, change]))))
  }
}

function changerKey(key: string): string {
  return `${bmcKey(key)}/changer`
}

/** A group of its own in the store, so that slots and last changer of a BMC are beside its lock. */
function bmcKey(key: string): string {
  return `bmc/{${key.replace(/[{}%]/g, encodeURIComponent)}}`
}
