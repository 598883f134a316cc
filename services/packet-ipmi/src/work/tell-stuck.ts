import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Means } from '../creation/means.ts'
import type { MachineName } from '../records/records.ts'
import type { Trouble } from './worker.ts'

interface Subject {
  readonly machine?: MachineName | undefined
  readonly deviceId?: string | undefined
}

/** Reports work that makes no progress, with its machine and device if they are known. */
export async function tellStuck({ kind, id, message }: Trouble, means: Pick<Means, 'records' | 'tell'>): Promise<void> {
  const { machine, deviceId } = await subjectOf(kind, id, means).catch((error: unknown): Subject => {
    // The store may be the cause of the trouble.
    if (!(error instanceof PowerbusError)) throw error
    return {}
  })
  const text = `the ${kind} of ${id} makes no progress, and the plugin retries it: ${message}`
  await means.tell({ action: 'stuck', key: machine?.Uuid ?? id, text, machine, deviceId })
}

async function subjectOf(kind: Trouble['kind'], id: string, { records }: Pick<Means, 'records'>): Promise<Subject> {
  if (kind === 'boot-once') return { deviceId: id }
  if (kind === 'deletion') return { machine: (await records.get('deletion', id))?.machine, deviceId: id }
  const creation = await records.get('creation', id)
  return { machine: creation && { Uuid: id, Name: creation.name }, deviceId: creation?.deviceId }
}
