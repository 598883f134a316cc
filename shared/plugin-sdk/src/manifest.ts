import { type AvailableAction, PLUGIN_VERSION, type PluginManifest } from '@powerbus/drp'
import type { Action } from './action.ts'
import { contentText } from './bundle.ts'
import type { Param } from './param.ts'
import { paramList } from './param-list.ts'
import type { Plugin } from './plugin.ts'
import { streamPatterns } from './stream-patterns.ts'

/** In Meta: the event patterns that a plugin selects, with blanks between; whoever makes its durable on the bus reads them. */
export const EVENTS_META = 'Events'

/** The manifest that `define` prints (plugin contract §2). `env`: see `streamPatterns`. */
export function manifestOf(plugin: Plugin, env: NodeJS.ProcessEnv = {}): PluginManifest {
  const params = paramList(plugin.params)
  return {
    Name: plugin.name,
    Version: plugin.version,
    PluginVersion: PLUGIN_VERSION,
    AutoStart: plugin.autoStart,
    HasPublish: plugin.publish !== undefined && streamPatterns(plugin, env) === undefined,
    IgnoreEvents: plugin.ignoresEvents === true,
    AvailableActions: plugin.actions.map((action) => availableAction(plugin, action)),
    RequiredParams: params.required.map(nameOf),
    OptionalParams: params.optional.map(nameOf),
    StoreObjects: {},
    Documentation: plugin.documentation,
    Content: contentText(plugin),
    Meta: { ...plugin.meta, ...(plugin.events && { [EVENTS_META]: plugin.events.patterns.join(' ') }) },
  }
}

function availableAction(plugin: Plugin, action: Action): AvailableAction {
  const params = paramList(action.params)
  return {
    Provider: plugin.name,
    Model: action.model,
    Command: action.name,
    RequiredParams: params.required.map(nameOf),
    OptionalParams: params.optional.map(nameOf),
  }
}

function nameOf(param: Param): string {
  return param.name
}
