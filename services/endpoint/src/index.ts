export { type Endpoint, startEndpoint } from './endpoint.ts'
export type { EndpointOptions, Environment } from './endpoint-options.ts'
export type { MachineSeed, PluginSeed } from './inventory/seeds.ts'
