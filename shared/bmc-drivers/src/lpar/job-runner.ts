import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, type Call } from '@powerbus/plugin-sdk/unshared'
import { remaining } from '../remaining.ts'
import { RemoteError } from '../remote-error.ts'
import type { HmcClient } from './hmc-client.ts'
import { meaningOf, refusalOf } from './hmc-message.ts'
import { type JobAnswer, jobIn } from './job-answer.ts'
import { type JobOrder, jobRequest } from './job-request.ts'

/** Pauses between two looks at a job: the first, which grows to the longest. */
export interface JobPauses {
  readonly firstMs: number
  readonly mostMs: number
}

export const jobPauses: JobPauses = { firstMs: 1000, mostMs: 10_000 }
/** Kept of the call's time for the cancellation of a job that has not begun. */
const CANCEL_MS = 1000

/** `already`: the partition was in the wanted state, and nothing was done. `running`: the job goes on after the call's time. */
export type JobEnd = 'done' | 'already' | 'running'

/** Jobs of one action at one partition. */
export class JobRunner {
  readonly #hmc: HmcClient
  readonly #pauses: JobPauses
  /** The job that has not ended, for a call that is made again. */
  #open: { readonly order: JobOrder; job: JobAnswer } | undefined
  /** The last one was executed to its end. */
  wasDone = false

  constructor(hmc: HmcClient, pauses: JobPauses) {
    this.#hmc = hmc
    this.#pauses = pauses
  }

  /**
   * Starts the job, or goes on with the one of an earlier call, and waits for its end. A job that does not begin in the call's time is
   * cancelled. Throws RemoteError with the HMC's reason.
   */
  async run(uuid: string, order: JobOrder, call: Call): Promise<JobEnd> {
    const left = remaining(call)
    this.wasDone = false
    try {
      const open = this.#open?.order === order ? this.#open : { order, job: await this.#start(uuid, order, left()) }
      this.#open = open
      open.job = await this.#ended(open.job, left)
      return await this.#endOf(open.job, left())
    } catch (error) {
      if (error instanceof RemoteError && meaningOf(error.message) === 'already') return 'already'
      throw error
    }
  }

  /** Looks once at the job that is still open. */
  async look(call: Call): Promise<void> {
    const open = this.#open
    if (!open) return
    open.job = await this.#read(open.job.id, call)
    if (open.job.end === 'ok') await this.#endOf(open.job, call)
  }

  async #start(uuid: string, order: JobOrder, call: Call): Promise<JobAnswer> {
    const path = `LogicalPartition/${uuid}/do/${order.operation}`
    const contentType = 'application/vnd.ibm.powervm.web+xml; type=JobRequest'
    const answer = await this.#hmc.document({ method: 'PUT', path, contentType, body: jobRequest(order) }, call)
    const job = jobIn(answer)
    if (!job) throw new RemoteError('invalid', `The HMC answered ${order.operation} without a job`)
    return job
  }

  async #read(id: string, call: Call): Promise<JobAnswer> {
    const job = jobIn(await this.#hmc.document({ method: 'GET', path: `jobs/${id}` }, call))
    if (!job) throw new RemoteError('invalid', `The HMC answered job ${id} without its status`)
    return job
  }

  /** The job when it has ended, or when the call's time is over. */
  async #ended(first: JobAnswer, left: () => Call): Promise<JobAnswer> {
    let job = first
    for (let pauseMs = this.#pauses.firstMs; job.end === 'waiting' || job.end === 'running'; ) {
      const { signal, timeoutMs } = left()
      if (timeoutMs <= pauseMs + CANCEL_MS) return job
      await sleep(pauseMs, undefined, { signal }).catch(() => {
        throw abortError(signal, `job ${job.id} was being waited for`)
      })
      pauseMs = Math.min(pauseMs * 2, this.#pauses.mostMs)
      job = await this.#readAgain(job, left())
    }
    return job
  }

  /** A look that fails is made again: the job is there, whatever became of the session or the connection. */
  async #readAgain(job: JobAnswer, call: Call): Promise<JobAnswer> {
    try {
      return await this.#read(job.id, call)
    } catch (error) {
      if (error instanceof RemoteError && ['busy', 'lost', 'unreachable'].includes(error.kind)) return job
      throw error
    }
  }

  async #endOf(job: JobAnswer, call: Call): Promise<JobEnd> {
    const name = `Job ${job.id}`
    if (job.end === 'running') return 'running'
    if (job.end === 'waiting') return await this.#cancel(job, call)
    this.#open = undefined
    await this.#hmc.send({ method: 'DELETE', path: `jobs/${job.id}` }, call).catch(() => undefined)
    if (job.end === 'ok') {
      this.wasDone = true
      return 'done'
    }
    throw refusalOf(`${name} ended with ${job.status}`, job.text, 'refused')
  }

  async #cancel({ id }: JobAnswer, call: Call): Promise<JobEnd> {
    await this.#hmc.send({ method: 'POST', path: `jobs/${id}/cancel` }, call).catch(() => undefined)
    const job = await this.#read(id, call).catch(() => undefined)
    if (job?.end === 'running') return 'running'
    this.#open = undefined
    const isCancelled = job?.end === 'cancelled'
    const what = isCancelled ? 'and was cancelled' : 'and the HMC does not say what became of it: look at the partition'
    throw new RemoteError('timeout', `Job ${id} did not begin in time, ${what}`, { sent: !isCancelled })
  }
}
