export { actionOf } from './client/action.ts'
export type { ClientCounters } from './client/client-counters.ts'
export { BODY_LIMIT_BYTES, FIRMWARE_LIMIT_BYTES, type RedfishCall } from './client/redfish-call.ts'
export { RedfishClient, type RedfishClientOptions } from './client/redfish-client.ts'
export { type RedfishClock, type RedfishTimer, systemClock } from './client/redfish-clock.ts'
export type {
  ActionAnswer,
  BrokenMember,
  PatchOptions,
  RedfishConnection,
  RefusedProperty,
  WriteAnswer,
} from './client/redfish-connection.ts'
export { RedfishError, type RedfishErrorDetails, type RedfishErrorKind } from './client/redfish-error.ts'
export { lastPart, pathOf } from './client/redfish-path.ts'
export type { RedfishTarget, TlsSettings } from './client/redfish-target.ts'
export { type TaskVerdict, taskVerdict } from './client/task.ts'
export { type Wire, type WireAnswer, WireFailure, type WireRequest } from './client/wire.ts'
export { classOf, type MessageClass, messageClass } from './messages/message-class.ts'
export { messagesOf, propertyMessages } from './messages/messages-of.ts'
export type { RedfishMessage } from './messages/redfish-message.ts'
export * from './resources/read-json.ts'
export type { JsonObject, JsonValue, Resource } from './resources/resource.ts'
export { type DetectedVendor, detectVendor, type VendorEvidence, wantsAnyETag } from './vendors/detect-vendor.ts'
export { type Vendor, type VendorRule, vendorRules } from './vendors/vendor-rules.ts'
