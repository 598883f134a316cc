import { type DrpAction, isJsonObject } from '@powerbus/drp'
import type { Action, ActionContext } from '../action.ts'
import type { ActionRun } from './action-observer.ts'
import { actionIdOf } from './request-wishes.ts'

export interface Asked {
  /** The provider's name. */
  readonly plugin: string
  /** Of the plugin object, where the request does not say it. */
  readonly name: string
  readonly action: Action
  readonly request: DrpAction
  readonly params: ActionContext['params']
  readonly requestId: string
  /** As it came: an endpoint of ours says more in it than an Action has. */
  readonly body: unknown
}

/** What observers are told of an accepted action. */
export function runOf({ plugin, name, action, request, params, requestId, body }: Asked): ActionRun {
  const mode = (params as Readonly<Record<string, unknown>>)[`${plugin}/mode`]
  const principal = isJsonObject(body) ? body.Principal : undefined
  return {
    id: actionIdOf(body, requestId),
    plugin,
    name: request.Plugin || name,
    command: action.name,
    kind: action.model,
    model: request.Model,
    requestId,
    principal: typeof principal === 'string' ? principal : '',
    driver: typeof mode === 'string' ? mode : '',
  }
}
