import type { Call, Clock } from '@powerbus/plugin-sdk'
import type { Cloud } from '../cloud/cloud.ts'
import type { Machines } from '../machine/machines.ts'
import type { Held, KeptRecords } from '../records/kept-records.ts'
import type { Tell } from '../report.ts'
import type { Times } from '../times.ts'

/** What the background work of one configuration works with. */
export interface Means {
  /** Configured name of the plugin. */
  readonly plugin: string
  readonly cloud: Cloud
  readonly machines: Machines
  readonly records: KeptRecords
  readonly clock: Clock
  readonly times: Times
  readonly tell: Tell
  /** Project for devices whose machine names none. */
  readonly projectId: string | undefined
  /** For devices whose machine names no script; empty where there is none. */
  readonly ipxeScriptUrl: string
}

/** One step of one piece of work: what it works with, and its limits. */
export interface StepMeans extends Means {
  /** The lock of the record that is worked on. */
  readonly held: Held
  readonly call: () => Call
}

/** Milliseconds until the next step, or the end. */
export type Pause = number | 'over'

/** A listing of a large project has many pages. */
export function longCall({ signal, timeoutMs }: Call): Call {
  return { signal, timeoutMs: timeoutMs * 10 }
}
