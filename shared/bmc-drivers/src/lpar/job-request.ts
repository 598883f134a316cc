import { escapeXml } from '../xml-document.ts'

export type JobOperation = 'PowerOn' | 'PowerOff'
export type JobParameters = Readonly<Record<string, string>>

export interface JobOrder {
  readonly operation: JobOperation
  readonly parameters: JobParameters
}

/** What the verbs send. The HMC restarts a partition by a PowerOff job with restart=true. */
export const jobOrders = {
  on: { operation: 'PowerOn', parameters: { force: 'false', novsi: 'true', bootmode: 'norm' } },
  off: { operation: 'PowerOff', parameters: { operation: 'shutdown', immediate: 'true', restart: 'false' } },
  restart: { operation: 'PowerOff', parameters: { operation: 'shutdown', immediate: 'true', restart: 'true' } },
  delayedOff: { operation: 'PowerOff', parameters: { operation: 'shutdown', immediate: 'false', restart: 'false' } },
  osShutdown: { operation: 'PowerOff', parameters: { operation: 'osshutdown', immediate: 'false', restart: 'false' } },
} as const satisfies Record<string, JobOrder>

const NAMESPACE = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/'
const METADATA = '<Metadata><Atom/></Metadata>'
const VERSION = 'schemaVersion="V1_0"'

/** A JobRequest. The HMC takes the children in this order alone. */
export function jobRequest({ operation, parameters }: JobOrder): string {
  const list = Object.entries(parameters).map(
    ([name, value]) =>
      `<JobParameter ${VERSION}>${METADATA}${field('ParameterName', 'ROR', name)}${field('ParameterValue', 'CUR', value)}</JobParameter>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?><JobRequest xmlns="${NAMESPACE}" ${VERSION}>${METADATA}<RequestedOperation kb="CUR" kxe="false" ${VERSION}>${METADATA}${field('OperationName', 'ROR', operation)}${field('GroupName', 'ROR', 'LogicalPartition')}${field('ProgressType', 'ROR', 'DISCRETE')}</RequestedOperation><JobParameters kb="CUR" kxe="false" ${VERSION}>${METADATA}${list.join('')}</JobParameters></JobRequest>`
}

/** A LogonRequest. */
export function logonRequest(username: string, password: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><LogonRequest xmlns="${NAMESPACE}" ${VERSION}>${METADATA}<UserID kb="CUR" kxe="false">${escapeXml(username)}</UserID><Password kb="CUR" kxe="false">${escapeXml(password)}</Password></LogonRequest>`
}

function field(name: string, kb: 'CUR' | 'ROR', text: string): string {
  return `<${name} kb="${kb}" kxe="false">${escapeXml(text)}</${name}>`
}
