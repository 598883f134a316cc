import { decodeMachine, type Machine } from '@powerbus/drp'
import { powerProtected } from '@powerbus/plugin-sdk'
import { id as idParam } from '../params.ts'
import type { VmContext } from '../vm/vm-context.ts'
import { MACHINE_PLUGIN } from './vm-machines.ts'

const UNCONFIRMED = 'unconfirmed/'
const PROTECTED = 'protected/'
/** What an event's machine must still say when the endpoint answers again. No other param is stored. */
const KEPT_PARAMS = [MACHINE_PLUGIN, idParam.name, powerProtected.name]

/** Records about machines that events call deleted. */
export class DeletedMachines {
  readonly #state: VmContext['state']

  constructor({ state }: Pick<VmContext, 'state'>) {
    this.#state = state
  }

  /** Records a machine whose deletion the endpoint has not confirmed. The first event about it counts. */
  async keep({ Uuid, Name, Params, Profiles }: Machine): Promise<void> {
    const values = KEPT_PARAMS.map((name) => [name, Params[name]] as const)
    const kept = values.flatMap(([name, value]) => (isPlain(value) ? [[name, value] as const] : []))
    const value = { Uuid, Name, Params: Object.fromEntries(kept), Profiles: [...Profiles] }
    await (await this.#state()).compareAndSet(UNCONFIRMED + Uuid, undefined, value)
  }

  async kept(): Promise<readonly Machine[]> {
    const machines: Machine[] = []
    for await (const { value } of (await this.#state()).scan(UNCONFIRMED)) machines.push(decodeMachine(value))
    return machines
  }

  /** The endpoint has answered. */
  async settle({ Uuid }: Machine): Promise<void> {
    await (await this.#state()).delete(UNCONFIRMED + Uuid)
  }

  /** Records that a deleted machine had power/protected, so that a later event cannot deny it. */
  async keepProtected({ Uuid }: Machine): Promise<void> {
    await (await this.#state()).set(PROTECTED + Uuid, true)
  }

  async wasProtected({ Uuid }: Machine): Promise<boolean> {
    return (await (await this.#state()).get(PROTECTED + Uuid)) === true
  }

  async forget(machine: Machine): Promise<void> {
    await this.settle(machine)
    await (await this.#state()).delete(PROTECTED + machine.Uuid)
  }
}

function isPlain(value: unknown): value is string | boolean {
  return typeof value === 'string' || typeof value === 'boolean'
}
