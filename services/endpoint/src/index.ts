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
export type { MachineSeed, PluginSeed } from './inventory/inventory.ts'
