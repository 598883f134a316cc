import type { DrpEvent } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import type { Action } from './action.ts'
import type { ApiAnswer, ApiRequest } from './api-request.ts'
import type { Endpoint } from './endpoint.ts'
import type { Logger } from './log.ts'
import type { Param, ParamUse, ParamValues } from './param.ts'

/** An event of DRP; its subject is `Type.Action.Key`. */
export type PluginEvent = DrpEvent

export interface ConfigContext<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly params: ParamValues<Uses>
  /** Name of the configured plugin object; the provider's name unless an operator chose another. */
  readonly name: string
  readonly signal: AbortSignal
  readonly log: Logger
  /** Log for work that continues after the config; its lines do not become events. */
  readonly backgroundLog: Logger
  readonly endpoint: Endpoint
  /** As in ActionContext. */
  state(): Promise<Store>
}

/** Second argument of the handlers of events and requests. */
export interface PublishContext {
  readonly signal: AbortSignal
  readonly log: Logger
  readonly endpoint: Endpoint
  /** As in ActionContext. */
  state(): Promise<Store>
}

/**
 * Selects events, instead of getting all by `publish`. With a DRP endpoint they come from its event stream; in `serve`
 * from a durable consumer of the bus.
 */
export interface EventSelection {
  /** `TYPE.ACTION.KEY`, each part `*` or a comma-separated list, with the escapes of plugin contract §5. */
  readonly patterns: readonly string[]
  /**
   * Handles one event. Events with the same Type and Key come one after another. After a failure with
   * `PowerbusError.retry` the event comes again, with back-off. An event may come twice, so handling must be
   * idempotent.
   */
  handle(event: PluginEvent, context: PublishContext): Promise<void>
  /**
   * Lists the objects and acts on their present state. Called when events may have been missed. With an endpoint: after
   * every start, and after its event stream broke or the queue was full. In `serve`: after each start of each replica,
   * when its consumer exists, since the bus has no events from before the plugin's first start and none that its limits
   * deleted. Events are handled at the same time, and other replicas may run it too. Each call has 60 s. A failed call
   * is repeated after 1 s, 5 s, 30 s and then every minute.
   */
  catchUp?(context: PublishContext): Promise<void>
}

/** A metric of the plugin, exported as `powerbus_NAME`. */
export interface PluginMetric {
  /** Letters, digits and `_`. Begins with the plugin's name; the name of a counter ends in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

/** A file of the folder `content/`, embedded by the build. `path` is relative to that folder. */
export interface ContentFile {
  readonly path: string
  readonly text: string
}

/** The definition of a plugin, from which the manifest is derived. */
export interface PluginDefinition<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly name: string
  /** Default: the version of the build. */
  readonly version?: string
  readonly title: string
  readonly description: string
  /** reStructuredText. */
  readonly documentation: string
  readonly autoStart: boolean
  /** True: the plugin neither sends nor handles events (IgnoreEvents of the manifest). */
  readonly ignoresEvents?: boolean
  /** True: the plugin cannot work without the endpoint's API. `serve` without an API token is then not ready. */
  readonly needsApi?: boolean
  /** Params of the plugin object itself. */
  readonly params: Uses
  readonly actions: readonly Action[]
  /** Params for the bundle that no action uses. */
  readonly extraParams?: readonly Param[]
  readonly content?: readonly ContentFile[]
  readonly meta?: Readonly<Record<string, string>>
  /** Configures the plugin. Called after READY! and after each change of the params. */
  config?(context: ConfigContext<Uses>): Promise<void>
  /**
   * Handles all events. Sets HasPublish in the manifest, unless POWERBUS_EVENTS is `stream`: then they come from the
   * endpoint's event stream, as for `events`, and those of Type `log` are left out.
   */
  publish?(event: PluginEvent, context: PublishContext): Promise<void>
  /** Handles selected events, instead of `publish`; a plugin must not have both. */
  readonly events?: EventSelection
  /** Answers requests to `/plugin-apis/NAME/*` of any method; without it they get 404. */
  api?(request: ApiRequest, context: PublishContext): Promise<ApiAnswer>
  /** Present values of the plugin's metrics; called at each scrape, so it must be fast. */
  metrics?(): readonly PluginMetric[]
  /** Called once after the last accepted action has ended. */
  stop?(): Promise<void>
}

export interface Plugin extends PluginDefinition {
  readonly version: string
}

/** The bundler sets it from the repository's package.json. */
declare const POWERBUS_VERSION: string

/** Version of this build, such as `v1.2.3`; `v0.0.0` when run from source. */
export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'

/** Completes a definition. Erases the types of the params, like `defineAction`. */
export function definePlugin<const Uses extends readonly ParamUse[]>(plugin: PluginDefinition<Uses>): Plugin {
  return { version, ...plugin } as unknown as Plugin
}
