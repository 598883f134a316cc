export type { Environment } from './backends.ts'
export { Endpoint } from './endpoint.ts'
export type { EndpointOptions } from './endpoint-options.ts'
export type { MachineSeed, PluginSeed } from './inventory/inventory.ts'
