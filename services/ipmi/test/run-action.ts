import { createPowerEngine, type Plugin, type PowerEngine, readParamValues } from '@powerbus/plugin-sdk'

const quiet = () => undefined
const silent = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

export const login = {
  'ipmi/username': 'admin',
  'ipmi/password': 'secret',
  'ipmi/address': '192.0.2.1',
  'ipmi/mode': 'ipmitool',
}

/** One power engine for each plugin, like in its host. */
const engines = new WeakMap<Plugin, PowerEngine>()

/** Runs an action like the plugin's listener: reads the params by their definitions, then calls the function. */
export async function runAction(
  plugin: Plugin,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const action = plugin.actions.find((candidate) => candidate.name === name)
  if (!action) throw new Error(`no action ${name}`)
  const power = engines.get(plugin) ?? createPowerEngine()
  engines.set(plugin, power)
  return action.run({
    power,
    state: () => Promise.reject(new Error('no action of this plugin keeps state')),
    params: readParamValues(action.params, params),
    model: {},
    command: name,
    requestId: 'test',
    signal: AbortSignal.timeout(60_000),
    deadlineMs: Number.POSITIVE_INFINITY,
    log: silent,
  })
}
