export { ADMIN } from './auth/authority.ts'
export { type OperatorFile, operatorFilePath, readOperatorFile } from './auth/operator-file.ts'
export type { Environment } from './backends.ts'
export {
  createEndpoint,
  DEFAULT_ADDRESS,
  DEFAULT_PORT,
  Endpoint,
  type EndpointOptions,
} from './endpoint.ts'
export { listenForPlugin } from './host/callback-server.ts'
export { childEnvironment } from './host/child-environment.ts'
export { PluginLink } from './host/plugin-link.ts'
export { PluginLog } from './host/plugin-log.ts'
export { PluginProcess } from './host/plugin-process.ts'
export type { MachineSeed, PluginSeed } from './inventory/inventory.ts'
