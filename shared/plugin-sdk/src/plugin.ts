import type { DrpEvent } from '@powerbus/drp'
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
  readonly endpoint: Endpoint
}

/** What handlers of events and requests get, besides the event or request itself. */
export interface PublishContext {
  readonly signal: AbortSignal
  readonly log: Logger
  readonly endpoint: Endpoint
}

/** A file of `content/`, embedded by the build: path below `content/`, and its text. */
export interface ContentFile {
  readonly path: string
  readonly text: string
}

/** A plugin is data and functions: the manifest is derived from it, and nothing else describes it. */
export interface Plugin<Uses extends readonly ParamUse[] = readonly ParamUse[]> {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly description: string
  /** reStructuredText. */
  readonly documentation: string
  readonly autoStart: boolean
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
  /** Answers `/plugin-apis/NAME/*`, any method; without it they are 404. */
  api?(request: ApiRequest, context: PublishContext): Promise<ApiAnswer>
  /** Called once, when the last accepted action has ended. */
  stop?(): Promise<void>
}

/** As with defineAction, the types of its own params end here. */
export function definePlugin<const Uses extends readonly ParamUse[]>(plugin: Plugin<Uses>): Plugin {
  return plugin as unknown as Plugin
}
