import { PowerbusError } from '@powerbus/plugin-sdk'
import { backoffMs, pause, Slots } from '@powerbus/turns'
import { bootOnceStep } from '../creation/boot-once-step.ts'
import { creationStep } from '../creation/creation-step.ts'
import { deletionStep } from '../creation/deletion-step.ts'
import { deadlineOf } from '../creation/device-read.ts'
import type { Means, Pause, StepMeans } from '../creation/means.ts'
import { type Kept, keyOf } from '../records/kept-records.ts'
import { isOver, type MachineName } from '../records/records.ts'
import { reasonOf, repeat } from './repeat.ts'
import { underLock } from './under-lock.ts'

/** Kinds of records that the worker drives until they are over. */
export type WorkKind = 'creation' | 'deletion' | 'boot-once'

const steps: { readonly [K in WorkKind]: (record: Kept[K], means: StepMeans) => Promise<Pause> } = {
  creation: creationStep,
  deletion: deletionStep,
  'boot-once': bootOnceStep,
}

/** Why the work on one record makes no progress. */
export interface Trouble {
  readonly kind: WorkKind
  readonly id: string
  readonly message: string
  readonly sinceMs: number
}

/** The work on one record in this process. */
interface Job {
  readonly kind: WorkKind
  readonly id: string
  readonly key: string
  done: Promise<void>
  /** Ends the pause before the next step. */
  woken: AbortController
  /** The record as the last step read it. */
  record?: Kept[WorkKind] | undefined
  trouble?: Trouble | undefined
  /** The trouble was reported. */
  isStuck: boolean
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
  readonly #means: Means
  readonly #jobs = new Map<string, Job>()
  readonly #slots = new Slots(STEPS)
  /** Aborted by `stop`: no further step begins. */
  readonly #stopping = new AbortController()
  /** Aborted LAST_STEPS_MS later: running calls end. */
  readonly #ended = new AbortController()
  #scanning: Promise<void> | undefined

  constructor(means: Means) {
    this.#means = means
  }

  /** Number of records that this replica drives. */
  get active(): number {
    return this.#jobs.size
  }

  get troubles(): readonly Trouble[] {
    return [...this.#jobs.values()].flatMap(({ trouble }) => trouble ?? [])
  }

  start(): void {
    const { times } = this.#means
    const failed = 'the records could not be read'
    this.#scanning ??= repeat(times.scanMs, this.#stopping.signal, this.#means, failed, () => this.#scan())
  }

  /** Does the record's next step now, without the rest of its pause. */
  wake(kind: WorkKind, id: string): void {
    if (this.#stopping.signal.aborted) return
    this.#jobs.get(keyOf(kind, id))?.woken.abort()
    this.#begin(kind, id)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const stops = new PowerbusError('SHUTTING_DOWN', 'The plugin stops; the next start goes on from the records')
    const late = this.#means.clock.after(LAST_STEPS_MS, () => this.#ended.abort(stops))
    await Promise.all([this.#scanning, ...[...this.#jobs.values()].map(({ done }) => done)])
    late.cancel()
  }

  async #scan(): Promise<void> {
    const { records } = this.#means
    for (const creation of await records.all('creation')) if (!isOver(creation)) this.#begin('creation', creation.id)
    for (const { deviceId } of await records.all('deletion')) this.#begin('deletion', deviceId)
    for (const { deviceId } of await records.all('boot-once')) this.#begin('boot-once', deviceId)
  }

  #begin(kind: WorkKind, id: string): void {
    const key = keyOf(kind, id)
    if (this.#jobs.has(key)) return
    const job: Job = { kind, id, key, done: Promise.resolve(), woken: new AbortController(), isStuck: false }
    this.#jobs.set(key, job)
    job.done = underLock(key, this.#means, this.#ended.signal, (means) => this.#drive(job, means))
      .catch((error: unknown) => {
        const reason = reasonOf(error)
        this.#means.log.warn('a record could not be locked or unlocked; the next scan retries', { key, reason })
      })
      .finally(() => this.#jobs.delete(key))
  }

  async #drive(job: Job, means: StepMeans): Promise<void> {
    const { signal } = means.call
    let failures = 0
    while (!this.#stopping.signal.aborted && !signal.aborted) {
      let next: Pause
      try {
        next = await this.#slots.run(() => step(job.kind, job, means))
        failures = 0
        job.trouble = undefined
        job.isStuck = false
      } catch (error) {
        if (signal.aborted || (error instanceof PowerbusError && error.code === 'LEASE_LOST')) return
        if (!(error instanceof PowerbusError))
          means.log.error('a step failed by a bug of the plugin; it is retried', {
            key: job.key,
            reason: reasonOf(error),
          })
        await this.#trouble(job, reasonOf(error))
        failures++
        const pauseMs = backoffMs({ firstMs: FIRST_PAUSE_MS, mostMs: means.times.pauseMostMs }, failures)
        next = Math.min(pauseMs, leftMs(job.record, means))
      }
      if (next === 'over') return
      if (next <= 0) continue
      job.woken = new AbortController()
      await pause(next, AbortSignal.any([job.woken.signal, this.#stopping.signal]), means.clock)
    }
  }

  /** Records the trouble with its beginning, and reports it once when it has lasted `readyMs`. */
  async #trouble(job: Job, message: string): Promise<void> {
    const { times, clock, tell } = this.#means
    const { kind, id } = job
    const nowMs = clock.dateMs()
    const sinceMs = job.trouble?.sinceMs ?? nowMs
    job.trouble = { kind, id, message, sinceMs }
    if (job.isStuck || nowMs - sinceMs < times.readyMs) return
    job.isStuck = true
    const machine = machineOf(job.record)
    const text = `the ${kind} of ${id} makes no progress, and the plugin retries it: ${message}`
    await tell({ action: 'stuck', key: machine?.Uuid ?? id, text, machine, deviceId: job.record?.deviceId })
  }
}

/** Time until the record's deadline; Infinity if there is none ahead. */
function leftMs(record: Kept[WorkKind] | undefined, { clock, times }: Means): number {
  const deadlineMs = record && 'origin' in record ? deadlineOf(record, times.readyMs) : undefined
  const left = (deadlineMs ?? 0) - clock.dateMs()
  return left > 0 ? left : Number.POSITIVE_INFINITY
}

function machineOf(record: Kept[WorkKind] | undefined): MachineName | undefined {
  if (record && 'origin' in record) return { Uuid: record.id, Name: record.name }
  return record && 'machine' in record ? record.machine : undefined
}

async function step<K extends WorkKind>(kind: K, job: Job, means: StepMeans): Promise<Pause> {
  const record = await means.records.get(kind, job.id)
  job.record = record
  return record === undefined ? 'over' : steps[kind](record, means)
}
