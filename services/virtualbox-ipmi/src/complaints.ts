import { Slots } from '@powerbus/turns'
import type { VmListing } from './hypervisor/vm.ts'
import type { VmContext } from './vm/vm-context.ts'

/** VMs that are worked on side by side. */
const CONCURRENCY = 8

/** Logs what is wrong with a VM once, and again when it changes or comes back. */
export class Complaints {
  readonly #context: Pick<VmContext, 'log' | 'signal'>
  readonly #logged = new Map<string, string>()

  constructor(context: Pick<VmContext, 'log' | 'signal'>) {
    this.#context = context
  }

  log(level: 'warn' | 'error', id: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify([message, fields])
    if (this.#logged.get(id) === text) return
    this.#logged.set(id, text)
    this.#context.log[level](message, fields)
  }

  failure({ id, name }: VmListing, message: string, error: unknown): void {
    // Calls that the end of the plugin has aborted.
    if (this.#context.signal.aborted) return
    this.log('error', id, message, { vm: name || id, reason: String(error) })
  }

  isWell(id: string): void {
    this.#logged.delete(id)
  }

  /** Does the work for each object, 8 at a time. A failure is logged and does not keep the others from their work. */
  async each<T>(
    objects: readonly T[],
    vmOf: (object: T) => VmListing,
    work: (object: T) => Promise<void>,
  ): Promise<void> {
    const slots = new Slots(CONCURRENCY)
    const one = (object: T) =>
      work(object).catch((error: unknown) => this.failure(vmOf(object), 'the look at a VM failed', error))
    await Promise.all(objects.map((object) => slots.run(() => one(object))))
  }
}
