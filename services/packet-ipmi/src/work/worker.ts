import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import { type Lock, LockHeldError } from '@powerbus/store'
import { backoffMs, pause, Slots } from '@powerbus/turns'
import type { Pause, StepMeans } from '../creation/means.ts'
import { type Kept, type Kind, keyOf } from '../records/kept-records.ts'
import { isOver } from '../records/records.ts'

/** Kinds of records that the worker drives until they are over. */
export type WorkKind = Extract<Kind, 'creation' | 'deletion' | 'boot-once'>

export type Steps = { readonly [K in WorkKind]: (record: Kept[K], means: StepMeans) => Promise<Pause> }

/** Why the work on one record makes no progress. */
export interface Trouble {
  readonly kind: WorkKind
  readonly id: string
  readonly message: string
  readonly sinceMs: number
}

export interface WorkerOptions {
  readonly log: Logger
  /** Name of this replica in its locks. */
  readonly owner: string
  readonly steps: Steps
  /** Means of every step; the worker adds the lock and the limits of calls. */
  readonly means: Omit<StepMeans, 'held' | 'call'>
  /** Called once for work that has made no progress for `readyMs`. */
  readonly onStuck: (trouble: Trouble) => Promise<void>
}

/** Most concurrent steps; each calls the cloud. */
const STEPS = 16
const FIRST_PAUSE_MS = 1_000
/** Time that running steps have after `stop`, before their calls are aborted. */
const LAST_STEPS_MS = 1_000

/**
 * Drives every record that is not over, each independently: step, pause, step. The record's lock lets one replica work
 * on it at a time; another replica goes on from the record.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #active = new Map<string, Promise<void>>()
  readonly #troubles = new Map<string, Trouble>()
  /** Keys of the troubles that `onStuck` has reported. */
  readonly #stuck = new Set<string>()
  readonly #steps = new Slots(STEPS)
  /** Ends the pause of a record that waits for its next step. */
  readonly #pauses = new Map<string, AbortController>()
  /** Aborted by `stop`: no further step begins. */
  readonly #stopping = new AbortController()
  /** Aborted LAST_STEPS_MS later: running calls end. */
  readonly #ended = new AbortController()
  #scanning: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** Number of records that this replica drives. */
  get active(): number {
    return this.#active.size
  }

  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()]
  }

  start(): void {
    this.#scanning ??= this.#scan()
  }

  /** Does the record's next step now, without the rest of its pause. */
  wake(kind: WorkKind, id: string): void {
    if (this.#stopping.signal.aborted) return
    this.#pauses.get(keyOf(kind, id))?.abort()
    this.#begin(kind, id)
  }

  #begin(kind: WorkKind, id: string): void {
    const key = keyOf(kind, id)
    if (this.#active.has(key)) return
    const driving = this.#drive(kind, id, key).finally(() => this.#active.delete(key))
    this.#active.set(key, driving)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const stops = new PowerbusError('SHUTTING_DOWN', 'The plugin stops; the next start goes on from the records')
    const late = this.#options.means.clock.after(LAST_STEPS_MS, () => this.#ended.abort(stops))
    await Promise.all([this.#scanning, ...this.#active.values()])
    late.cancel()
  }

  async #scan(): Promise<void> {
    const { means, log } = this.#options
    const { records, times, clock } = means
    while (!this.#stopping.signal.aborted) {
      try {
        for (const creation of await records.all('creation'))
          if (!isOver(creation)) this.#begin('creation', creation.id)
        for (const { deviceId } of await records.all('deletion')) this.#begin('deletion', deviceId)
        for (const { deviceId } of await records.all('boot-once')) this.#begin('boot-once', deviceId)
      } catch (error) {
        log.warn('the records could not be read; the next scan retries', { reason: reasonOf(error) })
      }
      await pause(times.scanMs, this.#stopping.signal, clock)
    }
  }

  /** Never rejects. */
  async #drive(kind: WorkKind, id: string, key: string): Promise<void> {
    const { means, owner, log } = this.#options
    const { records, times } = means
    let lock: Lock
    try {
      lock = await records.store.lock({ key, owner, ttlMs: times.lockMs, waitMs: 0, signal: this.#stopping.signal })
    } catch (error) {
      const isTaken = error instanceof LockHeldError || this.#stopping.signal.aborted
      if (!isTaken) log.warn('a record could not be locked; the next scan retries', { key, reason: reasonOf(error) })
      return
    }
    try {
      await this.#goOn(kind, id, key, lock)
    } finally {
      this.#getsOn(key)
      await lock
        .release()
        .catch((error: unknown) => log.warn('a lock was not released', { key, reason: reasonOf(error) }))
    }
  }

  async #goOn(kind: WorkKind, id: string, key: string, lock: Lock): Promise<void> {
    const { means, log } = this.#options
    let failures = 0
    const signal = AbortSignal.any([this.#ended.signal, lock.lost])
    while (!this.#stopping.signal.aborted && !lock.lost.aborted) {
      let next: Pause
      try {
        next = await this.#steps.run(() => this.#step(kind, id, lock, signal))
        failures = 0
        this.#getsOn(key)
      } catch (error) {
        if (lock.lost.aborted || (error instanceof PowerbusError && error.code === 'LEASE_LOST')) return
        if (!(error instanceof PowerbusError))
          log.error('a step failed by a bug of the plugin; it is retried', { key, reason: reasonOf(error) })
        await this.#trouble({ kind, id, message: reasonOf(error), sinceMs: means.clock.dateMs() }, key)
        failures++
        next = backoffMs({ firstMs: FIRST_PAUSE_MS, mostMs: means.times.pauseMostMs }, failures)
      }
      if (next === 'over') return
      await this.#pause(key, next)
    }
  }

  async #step<K extends WorkKind>(kind: K, id: string, lock: Lock, signal: AbortSignal): Promise<Pause> {
    const { steps, means } = this.#options
    const record = await means.records.get(kind, id)
    if (record === undefined) return 'over'
    return steps[kind](record, { ...means, held: lock, call: () => ({ signal, timeoutMs: means.times.callMs }) })
  }

  #getsOn(key: string): void {
    this.#troubles.delete(key)
    this.#stuck.delete(key)
  }

  /** Records the trouble with its beginning, and reports it once when it has lasted `readyMs`. */
  async #trouble(trouble: Trouble, key: string): Promise<void> {
    const { means, onStuck } = this.#options
    const { times, clock } = means
    const sinceMs = this.#troubles.get(key)?.sinceMs ?? trouble.sinceMs
    this.#troubles.set(key, { ...trouble, sinceMs })
    if (this.#stuck.has(key) || clock.dateMs() - sinceMs < times.readyMs) return
    this.#stuck.add(key)
    await onStuck({ ...trouble, sinceMs })
  }

  /** Ends early on `wake` and `stop`. */
  async #pause(key: string, delayMs: number): Promise<void> {
    if (delayMs <= 0) return
    const woken = new AbortController()
    this.#pauses.set(key, woken)
    await pause(delayMs, AbortSignal.any([woken.signal, this.#stopping.signal]), this.#options.means.clock)
    this.#pauses.delete(key)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
