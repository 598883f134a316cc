import type { Call, Clock, Logger } from '@powerbus/plugin-sdk'
import type { Lock } from '@powerbus/store'
import type { Cloud, Project } from '../cloud/cloud.ts'
import type { Machines } from '../machine/machines.ts'
import type { KeptRecords } from '../records/kept-records.ts'
import type { Tell } from '../report.ts'
import type { Times } from '../times.ts'

/** What the background work of one configuration needs. */
export interface Means {
  /** Configured name of the plugin. */
  readonly plugin: string
  /** Name of this replica in its locks. */
  readonly owner: string
  readonly cloud: Cloud
  readonly machines: Machines
  readonly records: KeptRecords
  readonly clock: Clock
  readonly times: Times
  readonly log: Logger
  readonly tell: Tell
  /** Projects that devices are read from. */
  readonly projects: readonly Project[]
  /** Project of devices whose machine names none. */
  readonly projectId: string | undefined
  /** iPXE script of devices whose machine names none; may be empty. */
  readonly ipxeScriptUrl: string
}

/** What one step of the work under a lock needs. */
export interface StepMeans extends Means {
  /** The lock: of the record, or of the survey. */
  readonly held: Pick<Lock, 'assertHeld' | 'fence'>
  /** Limits of each call to the cloud or the endpoint. */
  readonly call: Call
}

/** Milliseconds until the next step; `over`: there is none. */
export type Pause = number | 'over'

/** Limits of a listing: large projects have many pages. */
export function longCall({ signal, timeoutMs }: Call): Call {
  return { signal, timeoutMs: timeoutMs * 10 }
}
