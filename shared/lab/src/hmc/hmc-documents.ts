import type { HmcJob } from './hmc-jobs.ts'
import { type HmcPartition, type HmcSystem, stateOf } from './hmc-systems.ts'

const WEB = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/'
const UOM = 'http://www.ibm.com/xmlns/systems/power/firmware/uom/mc/2012_10/'

/** Writes elements with the prefix of their kind, or without: HMCs do either. */
export class HmcDocuments {
  #written = 0

  logon(token: string): string {
    return this.#element('LogonResponse', WEB, `<X-API-Session kb="ROR" kxe="false">${token}</X-API-Session>`)
  }

  job(job: HmcJob, status: string): string {
    const result = job.text === '' ? '' : parameter('result', job.text)
    const isOver = status !== 'NOT_STARTED' && status !== 'RUNNING'
    return this.#entry(
      job.id,
      this.#element(
        'JobResponse',
        WEB,
        `<RequestURL kb="ROR" kxe="false" href="do/${job.operation}" rel="via"/><JobID kb="ROR" kxe="false">${job.id}</JobID>
<TimeStarted kxe="false" kb="ROR">${status === 'NOT_STARTED' ? 0 : job.startedMs}</TimeStarted><Status kxe="false" kb="ROR">${status}</Status>
<Results kxe="false" kb="ROR" schemaVersion="V1_0">${isOver ? parameter('returnCode', result ? '1' : '0') + result : ''}</Results>`,
      ),
    )
  }

  partition(partition: HmcPartition): string {
    return this.#entry(partition.uuid, this.#partition(partition))
  }

  partitions(partitions: readonly HmcPartition[]): string {
    return feed(partitions.map((partition) => this.#entry(partition.uuid, this.#partition(partition), false)))
  }

  systems(systems: readonly HmcSystem[]): string {
    return feed(
      systems.map(({ uuid, name }) =>
        this.#entry(
          uuid,
          this.#element('ManagedSystem', UOM, `<SystemName kb="CUD" kxe="false">${name}</SystemName>`),
          false,
        ),
      ),
    )
  }

  /** Echoes what was sent, as HMCs do. */
  error(status: number, message: string, uri: string, sent: string): string {
    return this.#entry(
      'error',
      this.#element(
        'HttpErrorResponse',
        WEB,
        `<HTTPStatus kb="ROR" kxe="false">${status}</HTTPStatus><RequestURI kb="ROR" kxe="false">${escapeXml(uri)}</RequestURI>
<ReasonCode kb="ROR" kxe="false">Unknown internal error.</ReasonCode><Message kb="ROR" kxe="false">${escapeXml(message)}</Message>
<RequestBody kb="ROR" kxe="false">${escapeXml(sent)}</RequestBody>`,
      ),
    )
  }

  #partition(partition: HmcPartition): string {
    const fields = Object.entries(partitionFields(partition)).map(
      ([name, value]) => `<${name} kb="CUR" kxe="false">${escapeXml(String(value))}</${name}>`,
    )
    return this.#element('LogicalPartition', UOM, fields.join('\n'))
  }

  #element(name: string, namespace: string, content: string): string {
    const prefix = this.#written++ % 2 === 0 ? `${name}:` : ''
    const declared = prefix ? `xmlns:${name}="${namespace}" xmlns="${namespace}"` : `xmlns="${namespace}"`
    return `<${prefix}${name} ${declared} schemaVersion="V1_0"><Metadata><Atom/></Metadata>${content}</${prefix}${name}>`
  }

  #entry(id: string, content: string, isAlone = true): string {
    const declaration = isAlone ? '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' : ''
    return `${declaration}<entry xmlns="http://www.w3.org/2005/Atom"><id>${id}</id><title>x</title><content type="application/vnd.ibm.powervm.uom+xml">${content}</content></entry>`
  }
}

/** By the names of the quick properties. */
export function partitionFields(partition: HmcPartition): Readonly<Record<string, string | number>> {
  const { uuid, name, id, type, rmc, referenceCode } = partition
  return {
    PartitionUUID: uuid,
    PartitionName: name,
    PartitionID: id,
    PartitionState: stateOf(partition),
    PartitionType: type,
    ReferenceCode: referenceCode,
    ResourceMonitoringControlState: partition.machine.isOn() ? rmc : 'inactive',
    OperatingSystemVersion: 'Linux/Red Hat 9.4',
    LogicalSerialNumber: `21${uuid.slice(0, 6)}${id}`,
  }
}

function parameter(name: string, value: string): string {
  return `<JobParameter schemaVersion="V1_0"><ParameterName kb="ROR" kxe="false">${name}</ParameterName><ParameterValue kb="CUR" kxe="false">${escapeXml(value)}</ParameterValue></JobParameter>`
}

function feed(entries: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>feed</id>${entries.join('')}</feed>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
