import { type Endpoint, readParamValues, Secret } from '@powerbus/plugin-sdk'
import type { TestScope } from '@powerbus/testkit'
import { virtualboxPlugin } from '../src/plugin.ts'
import { Service } from '../src/service.ts'
import { openHostBench } from './host-bench.ts'
import { engine } from './vm-bench.ts'

/** The plugin itself over VMs in memory, configured. */
export async function openPluginBench(scope: TestScope) {
  const bench = await openHostBench(scope)
  const { hypervisor, endpoint, state, log, never } = bench
  const plugin = virtualboxPlugin(new Service(async () => hypervisor))
  const used: Endpoint = {
    apiUrl: '',
    token: new Secret('token'),
    fileServerUrl: '',
    webRoot: '',
    publish: async () => undefined,
    objects: async () => [],
    api: () => endpoint.api(),
  }
  const means = { log, endpoint: used, state, signal: never }
  const configure = async (given: Readonly<Record<string, unknown>> = {}) => {
    const params = readParamValues(plugin.params, { 'virtualbox/user': 'u', ...given })
    await plugin.config?.({ ...means, params, name: 'vms', backgroundLog: log })
  }
  await configure()
  scope.teardown(() => plugin.stop?.())
  const run = async (command: string, given: Readonly<Record<string, unknown>> = {}) => {
    const action = plugin.actions.find(({ name }) => name === command)
    if (!action) throw new Error(`no action ${command}`)
    const own = readParamValues(action.params, { 'virtualbox/user': 'u', 'power/min-gap': 0, ...given })
    const asked = { command, model: {}, requestId: 'test', deadlineMs: Number.POSITIVE_INFINITY, power: engine }
    return (await action.run({ ...means, ...asked, params: own })) as Readonly<Record<string, unknown>>
  }
  return { ...bench, plugin, configure, run }
}
