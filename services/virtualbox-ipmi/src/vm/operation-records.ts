import { isJsonObject } from '@powerbus/drp'
import type { OnceOperation } from '@powerbus/plugin-sdk'
import type { VmContext } from './vm-context.ts'

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
  readonly #context: Pick<VmContext, 'state' | 'log'>

  constructor(context: Pick<VmContext, 'state' | 'log'>) {
    this.#context = context
  }

  /**
   * Called in the VM's turn. From its begin to its end a cycle is the VM's open cycle, also after a restart; its record
   * does not expire.
   */
  async write(token: string, record: OperationRecord): Promise<void> {
    const store = await this.#context.state()
    const { vm, operation, phase } = record
    const isOpen = isOpenCycle(record)
    if (isOpen && phase === 'begun') await store.set(CYCLES + vm, token)
    await store.set(OPERATIONS + token, { ...record }, isOpen ? {} : { ttlMs: KEPT_MS })
    if (operation === 'cycle' && !isOpen) await this.forgetCycle(vm, token)
  }

  /** Writes what has happened already. Logs a failure: a caller that sees one may repeat the work. */
  async note(token: string, record: OperationRecord): Promise<void> {
    await this.write(token, record).catch((error: unknown) =>
      this.#context.log.error('the record of a VM operation was not written', { ...record, reason: String(error) }),
    )
  }

  /** Undefined for an operation that never began, or ended more than an hour ago. */
  async read(token: string): Promise<OperationRecord | undefined> {
    const value = await (await this.#context.state()).get(OPERATIONS + token)
    const isRecord = isJsonObject(value) && typeof value.vm === 'string' && phases.includes(String(value.phase))
    return isRecord ? (value as unknown as OperationRecord) : undefined
  }

  /** Called in the VM's turn. Keeps a later cycle of the VM. */
  async forgetCycle(vm: string, token: string): Promise<void> {
    const store = await this.#context.state()
    if ((await store.get(CYCLES + vm)) === token) await store.delete(CYCLES + vm)
  }

  /** Token of the VM's open cycle. A store that fails does not keep a VM from being powered: that is logged. */
  async openCycle(vm: string): Promise<string | undefined> {
    try {
      const token = await (await this.#context.state()).get(CYCLES + vm)
      return token === undefined ? undefined : String(token)
    } catch (error) {
      this.#context.log.error('the open power cycle of a VM could not be read', { vm, reason: String(error) })
      return undefined
    }
  }

  /** VMs with an open cycle. */
  async openCycles(): Promise<{ readonly vm: string; readonly token: string }[]> {
    const found = []
    for await (const { key, value } of (await this.#context.state()).scan(CYCLES))
      found.push({ vm: key.slice(CYCLES.length), token: String(value) })
    return found
  }
}

const phases: readonly string[] = ['begun', 'off', 'done', 'failed'] satisfies OperationPhase[]

export function isOpenCycle({ operation, phase }: OperationRecord): boolean {
  return operation === 'cycle' && (phase === 'begun' || phase === 'off')
}
