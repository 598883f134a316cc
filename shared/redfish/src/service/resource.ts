import type { Account } from './accounts.ts'
import type { JsonObject } from './json-value.ts'
import type { MaybePromise } from './managed-machine.ts'
import type { PatchTable } from './patch.ts'
import type { Privilege } from './role.ts'

/** Who sends a request. */
export interface Caller {
  readonly account: Account
  /** Id of the session; absent with Basic authentication. */
  readonly session?: string
}

/** A request that a resource handles; the checks of HTTP are done. */
export interface Call {
  /** Absent only at resources that need no login. */
  readonly caller?: Caller
  readonly body: JsonObject
  /** The parts of a multipart body by name, or one part named '' of octets. */
  readonly parts: ReadonlyMap<string, Uint8Array>
  /** Address of the client. */
  readonly from: string
}

export interface Answer {
  readonly status: number
  /** Absent: no body. A resource of the service is read anew and sent where `resource` names it. */
  readonly body?: JsonObject
  readonly resource?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Verb = (call: Call) => MaybePromise<Answer>

/** A resource, or the target of an action, at the time of a request. */
export interface Resource {
  /** `Name.v1_2_3.Name`, or `Name.Name` for collections. Absent for targets of actions. */
  readonly type?: string
  /** Properties without `@odata.id` and `@odata.type`. Absent: GET is refused. */
  readonly read?: () => MaybePromise<JsonObject>
  /** Body and media type for what is not JSON. */
  readonly text?: { readonly mediaType: string; readonly content: string }
  readonly patch?: PatchTable
  readonly post?: Verb
  readonly remove?: Verb
  /** Default: Login. */
  readonly readPrivilege?: Privilege
  /** For PATCH, POST and DELETE; default: ConfigureComponents. */
  readonly writePrivilege?: Privilege
  /** Lets an account write that lacks the privilege; for its own password and sessions. */
  readonly mayWrite?: (call: Call) => boolean
  /** GET needs no login. */
  readonly isOpen?: boolean
  /** POST needs no login. */
  readonly isLogin?: boolean
  /** POST takes bodies that are not JSON, up to the limit of updates. */
  readonly takesOctets?: boolean
  /** No ETag, since the content changes by itself. */
  readonly isVolatile?: boolean
  /** GET with `Accept: text/event-stream`. */
  readonly isEventStream?: boolean
}

/** A reference to a resource. */
export function link(path: string): { readonly '@odata.id': string } {
  return { '@odata.id': path }
}

export function links(paths: readonly string[]): { readonly '@odata.id': string }[] {
  return paths.map(link)
}

/** Body of a collection. `kind` is the name of its schema without `Collection`. */
export function collection(kind: string, name: string, paths: readonly string[], rest: Partial<Resource> = {}) {
  return {
    type: `${kind}Collection.${kind}Collection`,
    read: () => ({ Name: name, Members: links(paths), 'Members@odata.count': paths.length }),
    ...rest,
  } satisfies Resource
}

export const noContent: Answer = { status: 204 }
