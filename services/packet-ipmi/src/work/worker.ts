import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import { type Lock, LockHeldError } from '@powerbus/store'
import { backoffMs, Slots } from '@powerbus/turns'
import type { Pause, StepMeans } from '../creation/means.ts'
import { type Kept, type Kind, keyOf } from '../records/kept-records.ts'
import { isOver } from '../records/records.ts'

/** Kinds of records that somebody works on until they are over. */
export type WorkKind = Extract<Kind, 'creation' | 'deletion' | 'boot-once'>

export type Steps = { readonly [K in WorkKind]: (record: Kept[K], means: StepMeans) => Promise<Pause> }

/** What keeps one piece of work from getting on. */
export interface Trouble {
  readonly kind: WorkKind
  readonly id: string
  readonly message: string
  readonly sinceMs: number
}

export interface WorkerOptions {
  readonly log: Logger
  /** Told to other replicas that find a record taken. */
  readonly owner: string
  readonly steps: Steps
  /** What a step works with, but its lock. */
  readonly means: Omit<StepMeans, 'held' | 'call'>
  /** Called once for work that has not got on for `readyMs`. */
  readonly onStuck: (trouble: Trouble) => Promise<void>
}

/** Steps at a time: each asks the cloud something. */
const STEPS = 16
const FIRST_PAUSE_MS = 1_000
/** How long steps that are under way when it stops may go on. */
const LAST_STEPS_MS = 1_000

/**
 * Drives every record that is not over, each by itself: step, pause, step. Only one replica works on a record at a time, and one that takes over goes on from what is
 * written down. Nobody ever waits for it.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #active = new Map<string, Promise<void>>()
  readonly #troubles = new Map<string, Trouble>()
  /** Those of them that have been told of. */
  readonly #stuck = new Set<string>()
  readonly #steps = new Slots(STEPS)
  /** Of those that wait for their next step. */
  readonly #pauses = new Map<string, AbortController>()
  /** No step begins any more. */
  readonly #stopping = new AbortController()
  /** What is under way ends. */
  readonly #ended = new AbortController()
  #scanning: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** Pieces of work that this replica is at. */
  get active(): number {
    return this.#active.size
  }

  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()]
  }

  start(): void {
    this.#scanning ??= this.#scan()
  }

  /** Goes on with this one now, and does not wait for the end of its pause. */
  wake(kind: WorkKind, id: string): void {
    const key = keyOf(kind, id)
    if (this.#stopping.signal.aborted) return
    this.#pauses.get(key)?.abort()
    this.#begin(kind, id, key)
  }

  #begin(kind: WorkKind, id: string, key = keyOf(kind, id)): void {
    if (this.#active.has(key)) return
    const driving = this.#drive(kind, id, key).finally(() => this.#active.delete(key))
    this.#active.set(key, driving)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const pause of this.#pauses.values()) pause.abort()
    const ended = Promise.all([this.#scanning, ...this.#active.values()])
    const late = this.#options.means.clock.sleep(LAST_STEPS_MS, this.#ended.signal).then(
      () => this.#ended.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin stops')),
      () => undefined,
    )
    await ended
    this.#ended.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin stops'))
    await late
  }

  async #scan(): Promise<void> {
    const { means, log } = this.#options
    const { records, times } = means
    while (!this.#stopping.signal.aborted) {
      try {
        for (const creation of await records.all('creation'))
          if (!isOver(creation)) this.#begin('creation', creation.id)
        for (const { deviceId } of await records.all('deletion')) this.#begin('deletion', deviceId)
        for (const { deviceId } of await records.all('boot-once')) this.#begin('boot-once', deviceId)
      } catch (error) {
        log.warn('the records could not be read', { reason: reasonOf(error) })
      }
      await this.#pause('scan', times.scanMs)
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
      if (!isTaken) log.warn('a record could not be locked', { key, reason: reasonOf(error) })
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
      let pause: Pause
      try {
        pause = await this.#steps.run(() => this.#step(kind, id, lock, signal))
        failures = 0
        this.#getsOn(key)
      } catch (error) {
        if (lock.lost.aborted || (error instanceof PowerbusError && error.code === 'LEASE_LOST')) return
        if (!(error instanceof PowerbusError))
          log.error('a step failed for a reason nobody thought of', { key, reason: reasonOf(error) })
        await this.#trouble({ kind, id, message: reasonOf(error), sinceMs: means.clock.dateMs() }, key)
        failures++
        pause = backoffMs({ firstMs: FIRST_PAUSE_MS, mostMs: means.times.pauseMostMs }, failures)
      }
      if (pause === 'over') return
      await this.#pause(key, pause)
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

  /** Keeps when it began; tells of it once, when it has lasted. */
  async #trouble(trouble: Trouble, key: string): Promise<void> {
    const { means, onStuck } = this.#options
    const { times, clock } = means
    const sinceMs = this.#troubles.get(key)?.sinceMs ?? trouble.sinceMs
    this.#troubles.set(key, { ...trouble, sinceMs })
    if (this.#stuck.has(key) || clock.dateMs() - sinceMs < times.readyMs) return
    this.#stuck.add(key)
    await onStuck({ ...trouble, sinceMs })
  }

  /** Ends early where it is woken, or the worker stops. */
  async #pause(key: string, delayMs: number): Promise<void> {
    if (delayMs <= 0 || this.#stopping.signal.aborted) return
    const woken = new AbortController()
    this.#pauses.set(key, woken)
    try {
      await this.#options.means.clock.sleep(delayMs, woken.signal)
    } catch (error) {
      if (!woken.signal.aborted) throw error
    } finally {
      this.#pauses.delete(key)
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
