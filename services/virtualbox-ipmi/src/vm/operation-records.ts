import { isJsonObject } from '@powerbus/drp'
import type { OnceOperation } from '@powerbus/plugin-sdk'
import type { Json, Store } from '@powerbus/store'

/** Progress of an operation that must not be done twice. `off`: the VM of a cycle is off and must be started. */
export type OperationPhase = 'begun' | 'off' | 'done' | 'failed'

export interface OperationRecord {
  readonly vm: string
  readonly operation: OnceOperation
  readonly phase: OperationPhase
}

/** How long an ended operation is remembered, which is as long as a request id is. */
const KEPT_MS = 3_600_000
const OPERATIONS = 'operation/'
const CYCLES = 'cycle/'

/** Records cycles and resets before and after they run, so that one that was cut off is neither lost nor repeated. */
export class OperationRecords {
  readonly #state: () => Promise<Store>

  constructor(state: () => Promise<Store>) {
    this.#state = state
  }

  /** The record of an open cycle does not expire. */
  async write(token: string, record: OperationRecord): Promise<void> {
    const store = await this.#state()
    await store.set(OPERATIONS + token, { ...record }, isOpenCycle(record) ? {} : { ttlMs: KEPT_MS })
  }

  /** Undefined for an operation that never began, or ended more than an hour ago. */
  async read(token: string): Promise<OperationRecord | undefined> {
    return recordOf(await (await this.#state()).get(OPERATIONS + token))
  }

  /** From here to `cycleEnded`, `unfinished` lists the cycle, also after a restart. */
  async cycleBegins(vm: string, token: string): Promise<void> {
    await (await this.#state()).set(CYCLES + vm, token)
    await this.write(token, { vm, operation: 'cycle', phase: 'begun' })
  }

  async cycleEnded(vm: string, token: string, phase: 'done' | 'failed'): Promise<void> {
    await this.write(token, { vm, operation: 'cycle', phase })
    await this.forgetCycle(vm, token)
  }

  /** Called in the VM's turn. Keeps a later cycle of the VM. */
  async forgetCycle(vm: string, token: string): Promise<void> {
    if ((await this.cycleOf(vm)) === token) await (await this.#state()).delete(CYCLES + vm)
  }

  /** Token of the VM's open cycle. */
  async cycleOf(vm: string): Promise<string | undefined> {
    const token = await (await this.#state()).get(CYCLES + vm)
    return token === undefined ? undefined : String(token)
  }

  /** VMs with an open cycle. */
  async unfinished(): Promise<{ readonly vm: string; readonly token: string }[]> {
    const found = []
    for await (const { key, value } of (await this.#state()).scan(CYCLES))
      found.push({ vm: key.slice(CYCLES.length), token: String(value) })
    return found
  }
}

export function isOpenCycle({ operation, phase }: OperationRecord): boolean {
  return operation === 'cycle' && (phase === 'begun' || phase === 'off')
}

const phases: readonly string[] = ['begun', 'off', 'done', 'failed'] satisfies OperationPhase[]

function recordOf(value: Json | undefined): OperationRecord | undefined {
  if (!isJsonObject(value) || typeof value.vm !== 'string' || !phases.includes(String(value.phase))) return undefined
  return value as unknown as OperationRecord
}
