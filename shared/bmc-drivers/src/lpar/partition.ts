import { RemoteError } from '../remote-error.ts'
import { elementsNamed, textNamed, type XmlElement } from '../xml-document.ts'
import { powerOfState } from './partition-state.ts'

/** Fields of a LogicalPartition by the HMC's own names, each as text. */
export type Partition = Readonly<Record<string, string>>

const fields = [
  'PartitionUUID',
  'PartitionName',
  'PartitionID',
  'PartitionState',
  'PartitionType',
  'ReferenceCode',
  'ResourceMonitoringControlState',
  'LastActivatedProfile',
  'LogicalSerialNumber',
  'OperatingSystemType',
  'OperatingSystemVersion',
  'BootMode',
  'CurrentMemory',
  'CurrentProcessingUnits',
  'PendingBootString',
  'LastBootedDeviceString',
  'IsOperationInProgress',
] as const

/** Of an Atom entry. Undefined where it has no partition with a state. */
export function partitionInXml(document: XmlElement): Partition | undefined {
  const [partition] = [...elementsNamed(document, 'LogicalPartition'), ...elementsNamed(document, 'VirtualIOServer')]
  if (!partition || textNamed(partition, 'PartitionState') === undefined) return undefined
  return Object.fromEntries(
    fields.flatMap((name) => {
      const text = textNamed(partition, name)
      return text === undefined || text === '' ? [] : [[name, text]]
    }),
  )
}

/** Of the quick properties. Undefined where they have no state. */
export function partitionInJson(value: unknown): Partition | undefined {
  if (typeof value !== 'object' || value === null || !('PartitionState' in value)) return undefined
  if (typeof value.PartitionState !== 'string') return undefined
  const entries = Object.entries(value).filter(([, field]) => ['string', 'number', 'boolean'].includes(typeof field))
  return Object.fromEntries(entries.map(([name, field]) => [name, String(field)]))
}

/** Throws RemoteError where the state says neither on nor off. */
export function powerOfPartition({ PartitionState = '', PartitionName, ReferenceCode }: Partition): 'on' | 'off' {
  const power = powerOfState(PartitionState)
  if (power) return power
  const code = ReferenceCode ? `, reference code ${ReferenceCode}` : ''
  throw new RemoteError(
    'state',
    `Partition ${PartitionName ?? 'without a name'} is neither on nor off: the HMC reports "${PartitionState}"${code}`,
  )
}
