import { isDeepStrictEqual } from 'node:util'
import type { DrpClient, Machine } from '@powerbus/drp'
import { runMany } from '../run-many.ts'
import type { MachineRecord } from './machine-record.ts'

/** Requests to the endpoint at once. */
const CONCURRENCY = 32

/** The change that an import makes to one machine. */
export interface ImportStep {
  readonly name: string
  readonly change: 'add' | 'change' | 'none'
  /** Names of params, and `Description`, whose value changes. */
  readonly fields: readonly string[]
  apply(): Promise<void>
  /** Undoes a finished `apply`. */
  undo(): Promise<void>
}

/** Plans the changes that bring the endpoint to the records. Params that a record lacks stay unchanged. */
export async function planImport(drp: DrpClient, records: readonly MachineRecord[]): Promise<ImportStep[]> {
  const present = new Map(
    (await drp.machines.list({ slim: ['Params', 'Meta'] })).map((machine) => [machine.Name, machine]),
  )
  const steps = new Map<string, ImportStep>()
  await eachOf(records, async (record) => {
    const machine = present.get(record.name)
    steps.set(record.name, machine ? await changeStep(drp, record, machine) : addStep(drp, record))
  })
  return records.flatMap(({ name }) => steps.get(name) ?? [])
}

/** Runs a task for each item, 32 at once. After an error it starts no more and rejects with the first error. */
export async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const failure = new AbortController()
  await runMany({
    items,
    concurrency: CONCURRENCY,
    signal: failure.signal,
    run,
    onEnd: (_, outcome) => {
      if (!outcome.ok) failure.abort(outcome.error)
    },
  })
  if (failure.signal.aborted) throw failure.signal.reason
}

function addStep(drp: DrpClient, { name, description = '', params }: MachineRecord): ImportStep {
  let added: Machine | undefined
  return {
    name,
    change: 'add',
    fields: Object.keys(params),
    async apply() {
      added = await drp.machines.create({ Name: name, Description: description, Params: params })
    },
    async undo() {
      if (added) await drp.machines.delete(added.Uuid)
    },
  }
}

async function changeStep(drp: DrpClient, record: MachineRecord, machine: Machine): Promise<ImportStep> {
  const before = await drp.machines.params(machine.Uuid, { decode: true })
  const changed = Object.entries(record.params).filter(([name, value]) => !isDeepStrictEqual(before[name], value))
  const newDescription = record.description === machine.Description ? undefined : record.description
  const fields = [...(newDescription === undefined ? [] : ['Description']), ...changed.map(([name]) => name)]
  return {
    name: record.name,
    change: fields.length > 0 ? 'change' : 'none',
    fields,
    async apply() {
      if (newDescription !== undefined) await describe(drp, machine, newDescription)
      for (const [name, value] of changed) await drp.machines.setParam(machine.Uuid, name, value)
    },
    async undo() {
      if (newDescription !== undefined) await describe(drp, machine, machine.Description)
      for (const [name] of changed) {
        if (before[name] === undefined) await drp.machines.deleteParam(machine.Uuid, name)
        else await drp.machines.setParam(machine.Uuid, name, before[name])
      }
    },
  }
}

async function describe(drp: DrpClient, { Uuid }: Machine, description: string): Promise<void> {
  await drp.machines.patch(Uuid, [{ op: 'replace', path: '/Description', value: description }])
}
