import { isJsonObject } from '@powerbus/drp'
import type { OnceOperation } from '@powerbus/plugin-sdk'
import type { Json, Store } from '@powerbus/store'

/** How far an operation that must not be done twice has come. `off`: the first half of a cycle is done, and the VM must be started. */
export type OperationPhase = 'begun' | 'off' | 'done' | 'failed'

export interface OperationRecord {
  readonly vm: string
  readonly operation: OnceOperation
  readonly phase: OperationPhase
}

/** As long as a request id is remembered. */
const KEPT_MS = 3_600_000
const OPERATIONS = 'operation/'
const CYCLES = 'cycle/'

/** Writes down what cycles and resets have done, before and after they do it, so that one that was cut off is neither lost nor doubled. */
export class OperationRecords {
  readonly #state: () => Promise<Store>

  constructor(state: () => Promise<Store>) {
    this.#state = state
  }

  /** A cycle that has no end yet is kept until it has one, however long nobody looks. */
  async write(token: string, record: OperationRecord): Promise<void> {
    const store = await this.#state()
    await store.set(OPERATIONS + token, { ...record }, isOpenCycle(record) ? {} : { ttlMs: KEPT_MS })
  }

  /** Undefined for an operation that never began. */
  async read(token: string): Promise<OperationRecord | undefined> {
    return recordOf(await (await this.#state()).get(OPERATIONS + token))
  }

  /** The VM may be off because of this cycle, until it has ended: it is found by `unfinished` after a restart. */
  async cycleBegins(vm: string, token: string): Promise<void> {
    await (await this.#state()).set(CYCLES + vm, token)
    await this.write(token, { vm, operation: 'cycle', phase: 'begun' })
  }

  async cycleEnded(vm: string, token: string, phase: 'done' | 'failed'): Promise<void> {
    await this.write(token, { vm, operation: 'cycle', phase })
    await this.forgetCycle(vm, token)
  }

  /** In the VM's turn. A later cycle of that VM is not forgotten. */
  async forgetCycle(vm: string, token: string): Promise<void> {
    if ((await this.cycleOf(vm)) === token) await (await this.#state()).delete(CYCLES + vm)
  }

  /** Token of the VM's cycle that began and did not end. */
  async cycleOf(vm: string): Promise<string | undefined> {
    const token = await (await this.#state()).get(CYCLES + vm)
    return token === undefined ? undefined : String(token)
  }

  /** VMs with a cycle that began and did not end. */
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
