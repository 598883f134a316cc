import type { PowerbusError } from '../errors.ts'
import { abortError, unlessAborted } from './abort.ts'
import { type Clock, pause } from './clock.ts'
import type { Changer, Claim, Commit, Coordinator, Holder, Lease, OnceClaim } from './coordinator.ts'
import { busyError, usedForAnother } from './refusals.ts'

/** A gap is 60 s at most (power/min-gap), so what is older need not be known. */
const COMMANDS_KEPT_MS = 60_000
const RESULTS_KEPT_MS = 3_600_000
const RESULTS_KEPT = 10_000

interface Waiter {
  readonly claim: Claim
  start(): void
}

interface Bmc {
  holder: Holder
  sinceMs: number
  readonly waiters: Waiter[]
}

interface LastCommands {
  readonly anyMs: number
  readonly changeMs: number
  readonly changer?: Changer | undefined
}

const nothingYet: LastCommands = { anyMs: Number.NEGATIVE_INFINITY, changeMs: Number.NEGATIVE_INFINITY }

interface Remembered {
  readonly subject: string
  readonly result: Promise<unknown>
  /** Clock time at which it may be forgotten; Infinity while it runs. */
  expiresMs: number
}

/** Coordinates the actions of this process. What it knows ends with the process, so there is never anything to find out. */
export function localCoordinator(clock: Clock): Coordinator {
  const held = new Map<string, Bmc>()
  const lastCommands = new Map<string, LastCommands>()
  const remembered = new Map<string, Remembered>()
  let turns = 0

  /** Both maps are in order of last use, so the oldest come first. */
  function forgetOldCommands() {
    for (const [key, last] of lastCommands) {
      if (clock.nowMs() - last.anyMs < COMMANDS_KEPT_MS) return
      lastCommands.delete(key)
    }
  }

  function forgetOldResults() {
    for (const [requestId, entry] of remembered) {
      if (entry.expiresMs === Number.POSITIVE_INFINITY) continue
      if (entry.expiresMs > clock.nowMs() && remembered.size < RESULTS_KEPT) return
      remembered.delete(requestId)
    }
  }

  function lease({ key, holder, signal }: Claim): Lease {
    turns += 1
    const turn = turns
    return {
      turn,
      async beforeCommand(kind, { anyMs, changeMs }) {
        const last = lastCommands.get(key) ?? nothingYet
        const waitMs = Math.max(last.anyMs + anyMs, last.changeMs + changeMs) - clock.nowMs()
        if (waitMs > 0) await pause(clock, waitMs, signal, `${key} was being waited for`)
        const nowMs = clock.nowMs()
        lastCommands.delete(key)
        const { command, requestId } = holder
        const changer = { turn, command, requestId, atMs: clock.dateMs() }
        lastCommands.set(key, { ...last, anyMs: nowMs, ...(kind === 'change' && { changeMs: nowMs, changer }) })
        forgetOldCommands()
      },
      lastChanger: async () => lastCommands.get(key)?.changer,
      // Nobody can take a turn away in one process.
      assertHeld: () => undefined,
      lost: new AbortController().signal,
    }
  }

  function waitForTurn(bmc: Bmc, claim: Claim): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = new AbortController()
      const waiter: Waiter = {
        claim,
        start() {
          timer.abort()
          resolve()
        },
      }
      bmc.waiters.push(waiter)
      const leave = (error: PowerbusError) => {
        const place = bmc.waiters.indexOf(waiter)
        if (place < 0) return
        bmc.waiters.splice(place, 1)
        reject(error)
      }
      clock.sleep(claim.waitMs, AbortSignal.any([claim.signal, timer.signal])).then(
        () => leave(busyError(claim, bmc.holder, clock.dateMs() - (clock.nowMs() - bmc.sinceMs))),
        () => leave(abortError(claim.signal, `waiting for ${claim.key}`)),
      )
    })
  }

  /** Gives the key to the first in line. It stays held in between, so nobody can slip in. */
  function release(key: string, bmc: Bmc) {
    const next = bmc.waiters.shift()
    if (!next) {
      held.delete(key)
      return
    }
    bmc.holder = next.claim.holder
    bmc.sinceMs = clock.nowMs()
    next.start()
  }

  return {
    async hold(claim, work) {
      let bmc = held.get(claim.key)
      if (bmc) await waitForTurn(bmc, claim)
      else {
        bmc = { holder: claim.holder, sinceMs: clock.nowMs(), waiters: [] }
        held.set(claim.key, bmc)
      }
      try {
        return await work(lease(claim))
      } finally {
        release(claim.key, bmc)
      }
    },

    async once<Result>(claim: OnceClaim<Result>, work: (commit: Commit) => Promise<Result>): Promise<Result> {
      forgetOldResults()
      const known = remembered.get(claim.requestId)
      if (known) {
        if (known.subject !== claim.subject) throw usedForAnother(claim, known.subject)
        return (await unlessAborted(
          known.result,
          claim.signal,
          'an earlier request of that name was running',
        )) as Result
      }
      let committed = false
      const result = work(async () => {
        committed = true
      })
      const entry: Remembered = { subject: claim.subject, result, expiresMs: Number.POSITIVE_INFINITY }
      remembered.set(claim.requestId, entry)
      try {
        const value = await result
        entry.expiresMs = clock.nowMs() + RESULTS_KEPT_MS
        return value
      } catch (error) {
        if (committed) entry.expiresMs = clock.nowMs() + RESULTS_KEPT_MS
        else remembered.delete(claim.requestId)
        throw error
      }
    },
  }
}
