export { BODY_LIMIT_BYTES, FIRMWARE_LIMIT_BYTES, type RedfishCall } from './client/redfish-call.ts'
export type {
  ActionAnswer,
  BrokenMember,
  PatchOptions,
  RedfishConnection,
  RefusedProperty,
  WriteAnswer,
} from './client/redfish-connection.ts'
export { RedfishError, type RedfishErrorDetails, type RedfishErrorKind } from './client/redfish-error.ts'
export type { RedfishTarget, TlsSettings } from './client/redfish-target.ts'
export type { RedfishMessage } from './messages/redfish-message.ts'
export type { JsonObject, JsonValue, Resource } from './resources/resource.ts'
