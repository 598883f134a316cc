import { secretsIn } from '../messages/hide-secrets.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import { act, allowedValues } from './action.ts'
import { readMembers } from './collection.ts'
import { Deadline } from './deadline.ts'
import { endFailure } from './failure.ts'
import { findSystem } from './find-system.ts'
import { readRoot } from './read-root.ts'
import type { RedfishCall } from './redfish-call.ts'
import type { RedfishClock } from './redfish-clock.ts'
import type { ActionAnswer, BrokenMember, PatchOptions, RedfishConnection, WriteAnswer } from './redfish-connection.ts'
import { RedfishError } from './redfish-error.ts'
import { Run } from './run.ts'
import { pollTask } from './task.ts'
import { checkedPath, post, read, type Speaker, writeMatched } from './verbs.ts'

/** Longest time-out of a call, and of a Node timer: 24 days. */
const LONGEST_MS = 2 ** 31 - 1

/** The connection that `RedfishClient.connect` returns. */
export class BmcConnection implements RedfishConnection {
  readonly address: string
  readonly #speaker: Speaker
  readonly #clock: RedfishClock
  /** Of the calls that run. */
  readonly #deadlines = new Set<Deadline>()
  #isClosed = false
  readonly #onClose: () => void

  constructor(speaker: Speaker, clock: RedfishClock, onClose: () => void) {
    this.address = speaker.bmc.address
    this.#speaker = speaker
    this.#clock = clock
    this.#onClose = onClose
  }

  root(call: RedfishCall): Promise<Resource> {
    return this.#run(call, 'GET /redfish/v1/', undefined, (run) => readRoot(this.#speaker.bmc, run, true))
  }

  get(path: string, call: RedfishCall): Promise<Resource> {
    return this.#run(call, `GET ${path}`, undefined, (run) => read(this.#speaker, path, run))
  }

  patch(path: string, body: JsonObject, call: RedfishCall, { etag }: PatchOptions = {}): Promise<WriteAnswer> {
    return this.#run(call, `PATCH ${path}`, body, (run) => {
      const request = { method: 'PATCH', path: checkedPath(this.#speaker, path, run), body, own: true } as const
      return writeMatched(this.#speaker, request, etag, run)
    })
  }

  post(path: string, body: JsonObject, call: RedfishCall): Promise<WriteAnswer> {
    return this.#run(call, `POST ${path}`, body, (run) => post(this.#speaker, path, body, run))
  }

  remove(path: string, call: RedfishCall): Promise<WriteAnswer> {
    return this.#run(call, `DELETE ${path}`, undefined, (run) => {
      const request = { method: 'DELETE', path: checkedPath(this.#speaker, path, run), own: true } as const
      return writeMatched(this.#speaker, request, undefined, run)
    })
  }

  async *members(
    path: string,
    call: RedfishCall,
    onBroken: (member: BrokenMember) => void,
  ): AsyncGenerator<Resource, void, undefined> {
    const run = this.#begin(call, undefined)
    try {
      yield* readMembers(this.#speaker, path, run, onBroken)
    } catch (error) {
      throw this.#failure(error, `GET ${path}`, run)
    } finally {
      this.#end(run)
    }
  }

  system(call: RedfishCall, systemId?: string): Promise<Resource> {
    return this.#run(call, 'finding the system', undefined, (run) => findSystem(this.#speaker, systemId, run))
  }

  allowedValues(
    resource: Resource,
    action: string,
    parameter: string,
    call: RedfishCall,
  ): Promise<readonly string[] | undefined> {
    return this.#run(call, `the values of ${parameter}`, undefined, (run) =>
      allowedValues(this.#speaker, resource, action, parameter, run),
    )
  }

  act(resource: Resource, action: string, body: JsonObject, call: RedfishCall): Promise<ActionAnswer> {
    return this.#run(call, action, body, (run) => act(this.#speaker, resource, action, body, run))
  }

  finished(task: string, call: RedfishCall): Promise<ActionAnswer> {
    return this.#run(call, `the task ${task}`, undefined, (run) => pollTask(this.#speaker, task, undefined, run))
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const deadline of this.#deadlines) deadline.end('closed')
    this.#onClose()
  }

  async #run<T>(
    call: RedfishCall,
    what: string,
    body: JsonObject | undefined,
    work: (run: Run) => Promise<T>,
  ): Promise<T> {
    const run = this.#begin(call, body)
    try {
      return await work(run)
    } catch (error) {
      throw this.#failure(error, what, run)
    } finally {
      this.#end(run)
    }
  }

  #begin(call: RedfishCall, body: JsonObject | undefined): Run {
    const { timeoutMs, signal } = call
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_MS)) {
      throw new RedfishError('invalid', this.address, `timeoutMs must be 1 to ${LONGEST_MS}`, { sent: false })
    }
    if (this.#isClosed) throw new RedfishError('closed', this.address, 'the connection was closed', { sent: false })
    const deadline = new Deadline(this.#clock, timeoutMs, signal)
    this.#deadlines.add(deadline)
    return new Run(deadline, [...this.#speaker.login.secrets, ...secretsIn(body)], call)
  }

  #end({ deadline }: Run): void {
    deadline.done()
    this.#deadlines.delete(deadline)
  }

  /** A wait that the deadline ended rejects with the deadline's reason. */
  #failure(error: unknown, what: string, run: Run): unknown {
    if (error instanceof RedfishError || !run.deadline.reason) return error
    return endFailure(this.address, what, run)
  }
}
