import type { HmcKnobs } from './hmc-knobs.ts'
import { HmcRefusal } from './hmc-refusal.ts'
import { type HmcPartition, stateOf } from './hmc-systems.ts'
import type { JobOrder } from './job-order.ts'

export interface HmcJob {
  readonly id: string
  readonly operation: string
  status: string
  readonly text: string
  readonly startedMs: number
}

/** Jobs by id, which are large decimals. */
export class HmcJobs {
  readonly #knobs: HmcKnobs
  readonly #jobs = new Map<string, HmcJob>()
  /** Operations and parameters as they came. */
  readonly orders: string[] = []
  #next = 1_608_034_291_041n

  constructor(knobs: HmcKnobs) {
    this.#knobs = knobs
  }

  get open(): number {
    return this.#jobs.size
  }

  start(partition: HmcPartition, { operation, parameters }: JobOrder): HmcJob {
    this.orders.push(`${operation} ${[...parameters].map((pair) => pair.join('=')).join(' ')}`.trim())
    const { jobStatus, jobText } = this.#knobs
    const isExecuted = jobStatus.startsWith('COMPLETED') && jobStatus !== 'COMPLETED_WITH_ERROR'
    const refusal = isExecuted ? execute(partition, operation, parameters) : undefined
    const job: HmcJob = {
      id: String(this.#next++),
      operation,
      status: refusal === undefined ? jobStatus : 'COMPLETED_WITH_ERROR',
      text: refusal ?? jobText,
      startedMs: Date.now(),
    }
    this.#jobs.set(job.id, job)
    return job
  }

  find(id: string): HmcJob {
    const job = this.#jobs.get(id)
    if (!job) throw new HmcRefusal(404, `The job ${id} was not found.`)
    return job
  }

  remove(id: string): void {
    this.find(id)
    this.#jobs.delete(id)
  }

  cancel(id: string): void {
    const job = this.find(id)
    if (job.status === 'NOT_STARTED') job.status = 'CANCELED_BEFORE_START'
  }

  /** What it is now: before its time it runs. */
  statusOf({ status, startedMs }: HmcJob): string {
    if (status === 'NOT_STARTED' || status.startsWith('CANCELED')) return status
    return Date.now() - startedMs < this.#knobs.jobMs ? 'RUNNING' : status
  }
}

/** Why the hypervisor refuses it; undefined where it is under way. */
function execute(
  partition: HmcPartition,
  operation: string,
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  const { machine, rmc, name } = partition
  const isOn = machine.isOn()
  if (operation === 'PowerOn') {
    if (isOn) return `HSCL3681 The partition ${name} is already activated.`
    machine.control('powerUp', undefined)
    return undefined
  }
  if (!isOn) {
    const isRestart = parameters.get('restart') === 'true'
    return isRestart
      ? `HSCL05DF The operation is not allowed in the state ${stateOf(partition)} of the partition ${name}.`
      : `HSCL1558 The partition ${name} is already powered off.`
  }
  const isAsked = parameters.get('operation') === 'osshutdown'
  if (isAsked && rmc !== 'active') return `HSCL0DB4 An operating system shutdown of ${name} is not possible.`
  const isNow = parameters.get('immediate') === 'true'
  const isRestart = parameters.get('restart') === 'true'
  machine.control(isRestart ? 'powerCycle' : isNow ? 'powerDown' : 'softShutdown', undefined)
  return undefined
}
