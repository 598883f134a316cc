import { createHash, randomUUID } from 'node:crypto'
import { isJsonObject } from '@powerbus/drp'
import { checkValue, type ParamSchema } from '@powerbus/plugin-sdk'
import { defaultBootOrder, defaultNetworks, type Vm, type VmNetwork, type VmSpec, type VmState } from '../vm.ts'

const FORMAT = 'powerbus-vm 1'

/** State of a VM that is being destroyed, and the state that follows. */
export const DELETING = 'deleting'
export const DESTROYED = 'destroyed'

/** Commands to a VM since it was made. */
export interface VmCounts {
  readonly starts: number
  readonly powerOffs: number
  readonly resets: number
  readonly powerButtons: number
  readonly nmis: number
}

/** The content of a VM's file. */
export interface VmRecord extends Vm {
  readonly format: string
  /** The state that follows by itself, and when, in milliseconds since 1970. */
  readonly next?: { readonly atMs: number; readonly state: VmState }
  readonly diskMb: number
  readonly networks: readonly VmNetwork[]
  readonly extra: Readonly<Record<string, string>>
  readonly snapshots: readonly { readonly name: string; readonly takenMs: number }[]
  readonly counts: VmCounts
}

const count: ParamSchema = { type: 'integer', minimum: 0 }
const text: ParamSchema = { type: 'string' }
const counts = { starts: count, powerOffs: count, resets: count, powerButtons: count, nmis: count }
const schema = {
  format: { type: 'string', enum: [FORMAT] },
  id: { type: 'string', pattern: '^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$' },
  name: { type: 'string', minLength: 1 },
  state: { type: 'string', minLength: 1 },
  macs: { type: 'array', items: { type: 'string', pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' } },
  bootOrder: { type: 'array', items: { type: 'string', enum: ['none', 'floppy', 'dvd', 'disk', 'net'] } },
  cpus: count,
  memoryMb: count,
  vramMb: count,
  diskMb: count,
  networks: { type: 'array', items: { type: 'object' } },
  extra: { type: 'object', additionalProperties: text },
  snapshots: { type: 'array', items: { type: 'object' } },
  counts: { type: 'object', properties: counts },
  next: { type: 'object', properties: { atMs: count, state: text } },
} as const satisfies Readonly<Record<keyof VmRecord, ParamSchema>>

/** The record in a file. Throws an Error that says what is wrong with it. */
export function readRecord(content: string): VmRecord {
  const value: unknown = JSON.parse(content)
  if (!isJsonObject(value)) throw new Error('not a VM')
  for (const [name, member] of Object.entries(schema)) {
    if (name === 'next' && value.next === undefined) continue
    const checked = checkValue(member, value[name])
    if ('expected' in checked) throw new Error(`${name}${checked.at} must be ${checked.expected}`)
  }
  return value as unknown as VmRecord
}

export function writeRecord(record: VmRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`
}

/** The record in the state that it has at `nowMs`. */
export function settled(record: VmRecord, nowMs: number): VmRecord {
  if (record.next === undefined || nowMs < record.next.atMs) return record
  const { next: done, ...rest } = record
  return { ...rest, state: done.state }
}

/** The record in another state, and the state that follows, if any. */
export function inState(record: VmRecord, state: VmState, coming?: VmRecord['next']): VmRecord {
  const { next: _dropped, ...rest } = record
  return { ...rest, state, ...(coming && { next: coming }) }
}

/** `id`: upper case. */
export function newRecord({ id, name, cpus, memoryMb, vramMb, diskMb, networks = defaultNetworks }: VmSpec): VmRecord {
  return {
    format: FORMAT,
    id,
    name,
    state: 'poweredoff',
    macs: networks.map((_, index) => macOf(id, index)),
    bootOrder: defaultBootOrder,
    cpus,
    memoryMb,
    vramMb,
    diskMb,
    networks,
    extra: {},
    snapshots: [],
    counts: { starts: 0, powerOffs: 0, resets: 0, powerButtons: 0, nmis: 0 },
  }
}

/** A copy under a new id and another name, with its texts, as VirtualBox copies them, and without snapshots. */
export function copyRecord(record: VmRecord, name: string): VmRecord {
  const { bootOrder, extra } = record
  return { ...newRecord({ ...record, id: randomUUID().toUpperCase(), name }), bootOrder, extra }
}

/** Derived from the VM's id: a locally administered unicast address (second digit 2). */
function macOf(id: string, index: number): string {
  const digits = createHash('sha256').update(`${id} ${index}`).digest('hex').slice(0, 10)
  return `02${digits}`.replace(/..(?!$)/g, '$&:')
}
