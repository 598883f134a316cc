import type { Resource } from '../resource.ts'
import type { ServiceState } from '../service-state.ts'

/** What is at a path, or undefined. `ids` are the parts of the path that its pattern leaves open. */
export type Route = (state: ServiceState, ids: readonly string[]) => Resource | undefined

/** Routes by path below the service root; `*` stands for one part of it. */
export type Routes = Readonly<Record<string, Route>>
