import type { Json, Lock } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'
import { pause } from './abort.ts'
import type { Changer, Claim, CommandKind, Gaps, Holder, Lease } from './coordinator.ts'
import { type Replica, underLock } from './replica.ts'
import { fromStore, ofStore } from './store-failure.ts'
import { seconds } from './turn.ts'

/** As long as a request without an end: later, nobody asks what became of a change. */
const CHANGER_KEPT_MS = 86_400_000
/** A first command that comes later than this after its turn books its place itself. */
const BOOKED_MS = 100

/** `Coordinator.hold` over replicas. Throws TARGET_BUSY with its holder, DEADLINE_EXCEEDED on abort, STORE_UNAVAILABLE. */
export async function holdBmc<Result>(
  replica: Replica,
  claim: Claim,
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const { key, holder, waitMs, firstGapMs, signal } = claim
  const owner = { command: holder.command, requestId: holder.requestId }
  return await underLock(
    replica,
    {
      key: bmcKey(key),
      name: key,
      owner,
      waitMs,
      signal,
      ...(firstGapMs !== undefined && { slot: { key: anySlot(bmcKey(key)), gapMs: firstGapMs } }),
    },
    (lock) => work(storeLease(replica, claim, lock)),
    ({ holder }) => {
      const by = holder.owner as unknown as Holder
      const since = new Date(holder.sinceMs).toISOString()
      throw new PowerbusError(
        'TARGET_BUSY',
        `${key} is held by ${by.command} (request ${by.requestId}) since ${since}; waited ${seconds(waitMs)} s for a turn`,
      )
    },
  )
}

/** The turn of whoever has the lock of the BMC; slots of the store keep its commands apart from those of all replicas. */
function storeLease({ store, clock }: Replica, claim: Claim, lock: Lock): Lease {
  const { key, holder, firstGapMs, signal } = claim
  const { fence } = lock
  const bmc = bmcKey(key)
  const changerKey = `${bmc}/changer`
  let isChangeRecorded = false
  /** Until when the place that was booked with the turn is the next command's. */
  let bookedUntilMs = firstGapMs === undefined ? Number.NEGATIVE_INFINITY : clock.nowMs() + BOOKED_MS

  /** Milliseconds to wait for the slot. The store refuses it where the BMC has passed to another replica, however late this one is. */
  async function takeSlots(kind: CommandKind, { anyMs, changeMs }: Gaps): Promise<number> {
    const isBooked = anyMs === firstGapMs && clock.nowMs() <= bookedUntilMs
    bookedUntilMs = Number.NEGATIVE_INFINITY
    if (isBooked && kind === 'read') return lock.slotWaitMs
    const any = isBooked ? lock.slotWaitMs : store.takeSlot(anySlot(bmc), anyMs, { fence })
    const change = kind === 'change' ? store.takeSlot(`${bmc}/change`, changeMs, { fence }) : 0
    return Math.max(...(await fromStore(Promise.all([any, change]))))
  }

  function assertHeld(): void {
    try {
      lock.assertHeld()
    } catch (error) {
      throw ofStore(error)
    }
  }

  return {
    turn: fence.number,
    lost: lock.lost,
    assertHeld,
    async beforeCommand(kind, gaps) {
      const waitMs = await takeSlots(kind, gaps)
      if (waitMs > 0) {
        const ended = AbortSignal.any([signal, lock.lost])
        await pause(clock, waitMs, ended, `${key} was being waited for`).catch((error: unknown) => {
          assertHeld()
          throw error
        })
        await takeSlots(kind, { anyMs: 0, changeMs: 0 })
      }
      assertHeld()
    },
    async recordChange() {
      assertHeld()
      if (isChangeRecorded) return
      const { command, requestId } = holder
      const changer: Changer = { turn: fence.number, command, requestId, atMs: clock.dateMs() }
      await fromStore(store.set(changerKey, changer as unknown as Json, { ttlMs: CHANGER_KEPT_MS, fence }))
      isChangeRecorded = true
    },
    async lastChanger() {
      return (await fromStore(store.get(changerKey))) as Changer | undefined
    },
  }
}

/** Of the gap between any two commands. */
function anySlot(bmc: string): string {
  return `${bmc}/any`
}

/** A group of its own in the store, so that slots and last changer of a BMC are beside its lock. */
function bmcKey(key: string): string {
  return `bmc/{${key.replace(/[{}%]/g, encodeURIComponent)}}`
}
