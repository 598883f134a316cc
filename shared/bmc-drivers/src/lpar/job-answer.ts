import { elementsNamed, textNamed, type XmlElement } from '../xml-document.ts'

/** Whether the job goes on, ended well, or ended without having done its work. */
const ends: Readonly<Record<string, 'waiting' | 'running' | 'ok' | 'failed' | 'cancelled'>> = {
  NOT_STARTED: 'waiting',
  RUNNING: 'running',
  COMPLETED_OK: 'ok',
  COMPLETED_WITH_WARNINGS: 'ok',
  COMPLETED_WITH_ERROR: 'failed',
  FAILED_BEFORE_COMPLETION: 'failed',
  FAILED_TO_START: 'failed',
  CANCELED_BEFORE_START: 'cancelled',
  CANCELED_WHILE_RUNNING: 'failed',
}

export interface JobAnswer {
  /** Large decimals: never a number. */
  readonly id: string
  /** As the HMC wrote it. */
  readonly status: string
  readonly end: 'waiting' | 'running' | 'ok' | 'failed' | 'cancelled'
  /** Why it failed, or what it warns of; empty where it says nothing. */
  readonly text: string
}

/** Undefined where the document has no job with a known status. */
export function jobIn(document: XmlElement): JobAnswer | undefined {
  const [job] = elementsNamed(document, 'JobResponse')
  const id = job && textNamed(job, 'JobID')
  const status = (job && textNamed(job, 'Status')) ?? ''
  const end = Object.hasOwn(ends, status) ? ends[status] : undefined
  if (!job || !id || !/^\d{1,32}$/.test(id) || !end) return undefined
  return { id, status, end, text: reasonIn(job) }
}

function reasonIn(job: XmlElement): string {
  const results = elementsNamed(job, 'Results').flatMap((list) => elementsNamed(list, 'JobParameter'))
  const result = results.find((parameter) => textNamed(parameter, 'ParameterName') === 'result')
  const [exception] = elementsNamed(job, 'ResponseException')
  return (
    (result && textNamed(result, 'ParameterValue')) ||
    (exception && textNamed(exception, 'Message')) ||
    textNamed(job, 'ExceptionText') ||
    ''
  )
}
