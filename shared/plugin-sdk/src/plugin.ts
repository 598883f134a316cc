import type { DrpEvent } from '@powerbus/drp'
import type { Store } from '@powerbus/store'
import type { Action } from './action.ts'
import type { ApiAnswer, ApiRequest } from './api-request.ts'
import type { Endpoint } from './endpoint.ts'
import type { Logger } from './log.ts'
import type { Param, ParamUse, ParamValues } from './param.ts'

/** An event as DRP sends it; its subject is `Type.Action.Key`. */
export type PluginEvent = DrpEvent

export interface ConfigContext<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly params: ParamValues<Uses>
  /** Name of the plugin object that is configured; the provider's name unless an operator made it under another. */
  readonly name: string
  readonly signal: AbortSignal
  readonly log: Logger
  /** For work that goes on when the config has ended: none of its lines becomes an event. */
  readonly backgroundLog: Logger
  readonly endpoint: Endpoint
  /** As in ActionContext. */
  state(): Promise<Store>
}

/** What handlers of events and requests get, besides the event or request itself. */
export interface PublishContext {
  readonly signal: AbortSignal
  readonly log: Logger
  readonly endpoint: Endpoint
  /** As in ActionContext. */
  state(): Promise<Store>
}

/**
 * Events that a plugin selects, in place of getting all of them by `publish`. With a DRP endpoint they come from its event
 * stream; in `serve`, durably, from the bus.
 */
export interface EventSelection {
  /** `TYPE.ACTION.KEY`, each part `*` or a comma-separated list, with the escapes of plugin contract §5. */
  readonly patterns: readonly string[]
  /**
   * One event; those of one Type and Key come one after another. A failure that may pass (`PowerbusError.retry`) is tried again
   * with back-off. An event may come twice: handle it so that this does no harm.
   */
  handle(event: PluginEvent, context: PublishContext): Promise<void>
  /**
   * List the objects and act on what is there: called when events may have been missed. Beside an endpoint that is after
   * every start and whenever its event stream broke or the queue was full. In `serve` the bus keeps the events meanwhile, but not
   * those from before the plugin's first start, nor those that its limits took away: it is called after each start of each replica,
   * once the subscription is there, while events are handled already and perhaps another replica does the same. A failure is
   * followed by another call, after 1 s, 5 s, 30 s and then each minute; it has 60 s each time.
   */
  catchUp?(context: PublishContext): Promise<void>
}

/** One number of a plugin's own, exported as `powerbus_NAME`. */
export interface PluginMetric {
  /** Letters, digits and `_`, beginning with the plugin's name; a counter's ends in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

/** A file of `content/`, embedded by the build: path below `content/`, and its text. */
export interface ContentFile {
  readonly path: string
  readonly text: string
}

/** What `definePlugin` takes: data and functions from which the manifest is derived, and nothing else describes the plugin. */
export interface PluginDefinition<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly name: string
  /** That of the build, where absent. */
  readonly version?: string
  readonly title: string
  readonly description: string
  /** reStructuredText. */
  readonly documentation: string
  readonly autoStart: boolean
  /** It cannot work without the endpoint's API: served without a token for that, it is not ready. */
  readonly needsApi?: boolean
  /** Params of the plugin object itself. */
  readonly params: Uses
  readonly actions: readonly Action[]
  /** Params that the bundle carries although no action uses them. */
  readonly extraParams?: readonly Param[]
  readonly content?: readonly ContentFile[]
  readonly meta?: Readonly<Record<string, string>>
  /** Called after READY!, and again whenever the params change. */
  config?(context: ConfigContext<Uses>): Promise<void>
  /** Its presence sets HasPublish. */
  publish?(event: PluginEvent, context: PublishContext): Promise<void>
  /** In place of `publish`: both at once is an error. */
  readonly events?: EventSelection
  /** Answers `/plugin-apis/NAME/*`, any method; without it they are 404. */
  api?(request: ApiRequest, context: PublishContext): Promise<ApiAnswer>
  /** Its numbers as they are now, plain and at once: asked for at each scrape. */
  metrics?(): readonly PluginMetric[]
  /** Called once, when the last accepted action has ended. */
  stop?(): Promise<void>
}

export interface Plugin extends PluginDefinition {
  readonly version: string
}

/** Set by the bundler from the repository's package.json. */
declare const POWERBUS_VERSION: string

/** Version of this build: `v1.2.3`; `v0.0.0` run from source. */
export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'

/** As with defineAction, the types of its own params end here. */
export function definePlugin<const Uses extends readonly ParamUse[]>(plugin: PluginDefinition<Uses>): Plugin {
  return { version, ...plugin } as unknown as Plugin
}
