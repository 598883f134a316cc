import type { RedfishMessage } from '../messages/redfish-message.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import type { RedfishCall } from './redfish-call.ts'
import type { RedfishError } from './redfish-error.ts'

/** A property that a successful PATCH left out. */
export interface RefusedProperty {
  readonly property: string
  readonly message: RedfishMessage
}

/** Answer to a write. 200, 201, 202 and 204 all mean accepted, and prove nothing: read the state. */
export interface WriteAnswer {
  readonly status: number
  readonly body?: JsonObject
  /** Path of what was made, or of the task. */
  readonly location?: string
  /** Where a 202 is polled: the task monitor or the vendor's job. */
  readonly task?: string
  readonly messages: readonly RedfishMessage[]
  readonly refused: readonly RefusedProperty[]
}

/** Answer to an action, with its task at its end. */
export interface ActionAnswer extends WriteAnswer {
  /** Last state of the task where there was one: `Completed`. */
  readonly taskState?: string
}

export interface BrokenMember {
  readonly path: string
  readonly error: RedfishError
}

export interface PatchOptions {
  /** ETag of the resource that was read, or `*`. Without it If-Match is sent only where the BMC insists. */
  readonly etag?: string
}

/** One BMC. Its requests are sent one at a time over one connection, whoever makes them in this process. */
export interface RedfishConnection {
  /** Address and port of the BMC, for messages. */
  readonly address: string
  /** The service root. Needs no login; read once and remembered. */
  root(call: RedfishCall): Promise<Resource>
  /** @throws RedfishError */
  get(path: string, call: RedfishCall): Promise<Resource>
  patch(path: string, body: JsonObject, call: RedfishCall, options?: PatchOptions): Promise<WriteAnswer>
  /** Sent once: repeated only where the BMC's answer shows that it did nothing. */
  post(path: string, body: JsonObject, call: RedfishCall): Promise<WriteAnswer>
  remove(path: string, call: RedfishCall): Promise<WriteAnswer>
  /**
   * Members of a collection, read one by one or expanded where the BMC offers it, over all pages. A member that cannot
   * be read goes to `onBroken`; a BMC that is gone, a wrong password and the deadline throw.
   */
  members(path: string, call: RedfishCall, onBroken: (member: BrokenMember) => void): AsyncIterable<Resource>
  /**
   * The computer system, by as few requests as it takes: the one whose Id, UUID, SerialNumber or last part of the path
   * is `systemId`, else the only host. It is remembered: the next call is one request.
   */
  system(call: RedfishCall, systemId?: string): Promise<Resource>
  /** Values of an action's parameter, from the action or its ActionInfo; undefined where the BMC does not say. */
  allowedValues(
    resource: Resource,
    action: string,
    parameter: string,
    call: RedfishCall,
  ): Promise<readonly string[] | undefined>
  /** Posts to the action's target, `#ComputerSystem.Reset` for example, and polls its task to the end. */
  act(resource: Resource, action: string, body: JsonObject, call: RedfishCall): Promise<ActionAnswer>
  /** Polls a task monitor, a task or a Dell job to its end. */
  finished(task: string, call: RedfishCall): Promise<ActionAnswer>
  /** Keeps the session for the next connection to this BMC. Calls that run end as `closed`. */
  close(): void
}
