import { randomUUID } from 'node:crypto'
import { type Call, type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'
import { type Clock, systemClock } from '@powerbus/turns'
import type { Hypervisor } from '../src/hypervisor/hypervisor.ts'
import { defaultBootOrder, isOff, type Vm, type VmList, type VmSpec } from '../src/hypervisor/vm.ts'

export type MemoryMethod =
  | 'get'
  | 'list'
  | 'create'
  | 'start'
  | 'powerOff'
  | 'reset'
  | 'acpiShutdown'
  | 'setBootOrder'
  | 'getExtra'
  | 'setExtra'
  | 'destroy'

/** VMs in memory. They record the commands that changed them, and fail on demand. */
export class MemoryHypervisor implements Hypervisor {
  readonly name = 'file'
  readonly vms = new Map<string, Vm>()
  readonly extras = new Map<string, string>()
  /** Commands that changed a VM: `start NAME net`, with the first device of the boot order. */
  readonly done: string[] = []
  /** The next calls of these methods fail with the code. */
  readonly failures: { method: MemoryMethod; code: ErrorCode; times: number }[] = []
  /** Milliseconds from a command to the state that it leads to. */
  delayMs = 20
  /** Whether a `get` or `getExtra` has no answer, and ends with its time limit or signal. */
  hangs: (method: MemoryMethod, id: string) => boolean = () => false
  /** Called before a method does anything. */
  before: (method: MemoryMethod, id: string) => Promise<void> | void = () => undefined
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  add(spec: Partial<VmSpec> & { readonly name: string }, state = 'poweredoff'): Vm {
    const { name, id = randomUUID(), cpus = 1, memoryMb = 64, vramMb = 8 } = spec
    const mac = `08:00:27:${id.slice(0, 2)}:${id.slice(2, 4)}:${id.slice(4, 6)}`.toLowerCase()
    const vm: Vm = {
      id: id.toUpperCase(),
      name,
      state,
      macs: [mac],
      bootOrder: defaultBootOrder,
      cpus,
      memoryMb,
      vramMb,
    }
    this.vms.set(vm.id, vm)
    return vm
  }

  vm(id: string): Vm {
    const vm = this.vms.get(id.toUpperCase())
    if (!vm) throw new PowerbusError('OBJECT_UNKNOWN', `no VM ${id}`)
    return vm
  }

  set(id: string, change: Partial<Vm>): void {
    this.vms.set(id.toUpperCase(), { ...this.vm(id), ...change })
  }

  async version() {
    return '1.0'
  }

  async list(): Promise<VmList> {
    await this.#begin('list', '')
    return { vms: [...this.vms.values()].map(({ id, name }) => ({ id, name })), problems: [] }
  }

  async get(id: string, call?: Call) {
    await this.#begin('get', id, call)
    return this.vm(id)
  }

  async create(spec: VmSpec) {
    await this.#begin('create', spec.id ?? '')
    if ([...this.vms.values()].some(({ name, id }) => name === spec.name || id === spec.id?.toUpperCase()))
      throw new PowerbusError('OBJECT_CONFLICT', 'taken')
    this.done.push(`create ${spec.name}`)
    return this.add(spec)
  }

  async start(id: string) {
    await this.#begin('start', id)
    const { state, name, bootOrder } = this.vm(id)
    if (!isOff(state)) return
    this.done.push(`start ${name} ${bootOrder[0]}`)
    this.#later(id, 'starting', 'running')
  }

  async powerOff(id: string) {
    await this.#begin('powerOff', id)
    if (isOff(this.vm(id).state)) return
    this.done.push(`off ${this.vm(id).name}`)
    this.#later(id, 'stopping', 'poweredoff')
  }

  async reset(id: string) {
    await this.#begin('reset', id)
    if (this.vm(id).state !== 'running') throw new PowerbusError('TARGET_STATE', 'not running')
    this.done.push(`reset ${this.vm(id).name}`)
  }

  async acpiShutdown(id: string) {
    await this.#begin('acpiShutdown', id)
    if (this.vm(id).state !== 'running') throw new PowerbusError('TARGET_STATE', 'not running')
    this.done.push(`acpi ${this.vm(id).name}`)
    this.#later(id, 'stopping', 'poweredoff')
  }

  async setBootOrder(id: string, order: Vm['bootOrder']) {
    await this.#begin('setBootOrder', id)
    if (!['poweredoff', 'aborted'].includes(this.vm(id).state)) throw new PowerbusError('TARGET_STATE', 'it is on')
    this.done.push(`order ${this.vm(id).name} ${order.join(' ')}`)
    this.set(id, { bootOrder: [...order] })
  }

  async getExtra(id: string, key: string, call?: Call) {
    await this.#begin('getExtra', id, call)
    return this.extras.get(`${this.vm(id).id} ${key}`)
  }

  async setExtra(id: string, key: string, value: string | undefined) {
    await this.#begin('setExtra', id)
    const place = `${this.vm(id).id} ${key}`
    if (value === undefined) this.extras.delete(place)
    else this.extras.set(place, value)
  }

  async snapshot(): Promise<void> {
    throw new PowerbusError('CAPABILITY_UNSUPPORTED', 'no snapshots')
  }

  async clone(): Promise<Vm> {
    throw new PowerbusError('CAPABILITY_UNSUPPORTED', 'no clones')
  }

  async destroy(id: string) {
    await this.#begin('destroy', id)
    if (!isOff(this.vm(id).state)) throw new PowerbusError('TARGET_STATE', 'it is on')
    this.done.push(`destroy ${this.vm(id).name}`)
    this.vms.delete(id.toUpperCase())
  }

  async close() {
    this.done.push('close')
  }

  async #begin(method: MemoryMethod, id: string, call?: Call): Promise<void> {
    await this.before(method, id)
    if (call && this.hangs(method, id)) {
      // Cut short by the signal.
      await this.#clock.sleep(call.timeoutMs, call.signal).catch(() => undefined)
      throw new PowerbusError('TARGET_TIMEOUT', `${method} hangs on demand`)
    }
    const failure = this.failures.find((candidate) => candidate.method === method && candidate.times > 0)
    if (!failure) return
    failure.times--
    throw new PowerbusError(failure.code, `${method} fails on demand`)
  }

  #later(id: string, now: string, then: string): void {
    this.set(id, { state: now })
    this.#clock.after(this.delayMs, () => {
      if (this.vms.get(id.toUpperCase())?.state === now) this.set(id, { state: then })
    })
  }
}
