export { type AvailableAction, decodeAvailableAction } from './available-action.ts'
export { ActionCollection } from './client/action-collection.ts'
export { DrpApiError, type DrpApiErrorKind } from './client/drp-api-error.ts'
export { DrpClient } from './client/drp-client.ts'
export { type Filter, filter, type ListQuery } from './client/list-query.ts'
export { isUntrusted, wasNeverSent } from './client/never-sent.ts'
export { ObjectCollection, type Operation, type ParamQuery } from './client/object-collection.ts'
export type { RequestOptions, Token, TransportOptions } from './client/transport.ts'
export type { TlsTrust } from './client/trusting-agent.ts'
export { type ContentBundle, type ContentMeta, decodeContentBundle } from './content-bundle.ts'
export { type DrpAction, decodeDrpAction, onlyReads } from './drp-action.ts'
export { type DrpError, decodeDrpError, drpErrorText, pluginError } from './drp-error.ts'
export { type DrpEvent, decodeDrpEvent } from './drp-event.ts'
export { decodeEndpointInfo, type EndpointInfo } from './endpoint-info.ts'
export { DecodeError, FieldReader, isJsonObject, type JsonObject, kindOf } from './field-reader.ts'
export { decodeLogLine, isLogLevel, type LogLevel, type LogLine, logLevels } from './log-line.ts'
export { decodeMachine, type Machine } from './machine.ts'
export { decodeParamDefinition, type ParamDefinition, paramNamePattern } from './param-definition.ts'
export { decodePluginManifest, PLUGIN_VERSION, type PluginManifest, providerNamePattern } from './plugin-manifest.ts'
export { decodePluginObject, type PluginObject } from './plugin-object.ts'
export {
  EVENT_PATTERN_LENGTH_MAX,
  type EventPattern,
  eventPatternText,
  matchesEvent,
  parseEventPattern,
} from './stream/event-pattern.ts'
export { EventStream, type EventStreamOptions } from './stream/event-stream.ts'
export { STREAM_EVENT_TYPE } from './stream/stream-connection.ts'
export type { NewToken, TokenInfo } from './token-info.ts'
export { decodeUserToken, type UserToken } from './user-token.ts'
