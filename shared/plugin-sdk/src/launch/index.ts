export { type CallbackServer, listenForPlugin, type PluginCallbacks } from './callback-server.ts'
export { childEnvironment, type EndpointAddresses } from './child-environment.ts'
export {
  answeredError,
  type CallOptions,
  type ForwardedAnswer,
  type ForwardedRequest,
  invalidAnswer,
  PluginAnsweredError,
  PluginLink,
} from './plugin-link.ts'
export { PluginProcess, type ProcessOptions } from './plugin-process.ts'
export { type RunToEndOptions, runToEnd } from './run-to-end.ts'
