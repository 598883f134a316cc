/** How an HMC behaves, and misbehaves; a test or a person may change it at any time. */
export interface HmcKnobs {
  /** Sessions at one time. */
  sessionsMax: number
  /** The REST service is still starting: 404 at the logon. */
  starting: boolean
  /** Milliseconds before each answer. */
  delayMs: number
  /** So many requests are answered with 503. */
  busyAnswers: number
  /** So many jobs are begun, and the connection ends in place of the answer. */
  lostJobs: number
  /** So many requests are answered with a page of HTML and status 500. */
  htmlAnswers: number
  /** Documents in place of the partition's own. */
  document: string | undefined
  /** Quick properties are offered. */
  offersQuick: boolean
  /** `PVM`: NovaLink. */
  type: 'HMC' | 'PVM'
  /** How jobs end; `NOT_STARTED` and `RUNNING`: never. */
  jobStatus: string
  /** Why they fail, as `result` of the job. */
  jobText: string
  /** Milliseconds until a job has ended. */
  jobMs: number
}

export function plainHmcKnobs(knobs: Partial<HmcKnobs> = {}): HmcKnobs {
  return {
    sessionsMax: 8,
    starting: false,
    delayMs: 0,
    busyAnswers: 0,
    lostJobs: 0,
    htmlAnswers: 0,
    document: undefined,
    offersQuick: true,
    type: 'HMC',
    jobStatus: 'COMPLETED_OK',
    jobText: '',
    jobMs: 100,
    ...knobs,
  }
}
