import type { RedfishMessage } from './redfish-message.ts'

/** What a message means for the request that it answers. */
export type MessageClass =
  /** Says that it was done, or what is still to come. */
  | 'fine'
  /** Not now: the same request may be taken in some seconds. */
  | 'busy'
  /** The BMC failed inside: a read may be repeated. */
  | 'internal'
  | 'session-lost'
  | 'session-limit'
  | 'credentials'
  | 'password-change'
  | 'privilege'
  | 'not-found'
  | 'unsupported'
  | 'conflict'
  | 'precondition'

/** By the key of the message, in any registry. */
const classes: Readonly<Record<string, MessageClass>> = {
  AccountModified: 'fine',
  Created: 'fine',
  NoOperation: 'fine',
  ResetRequired: 'fine',
  Success: 'fine',
  CouldNotEstablishConnection: 'busy',
  LicenseInUse: 'busy',
  OperationTimeout: 'busy',
  ResetInProgress: 'busy',
  ResourceInStandby: 'busy',
  ResourceInUse: 'busy',
  ResourceLocked: 'busy',
  ResourceNotReadyRetry: 'busy',
  ServerNotReady: 'busy',
  ServiceShuttingDown: 'busy',
  ServiceTemporarilyUnavailable: 'busy',
  // HPE iLO while the machine is in its power-on self test.
  UnableToModifyDuringSystemPOST: 'busy',
  // Dell iDRAC that is not ready yet.
  SYS518: 'busy',
  SWC0700: 'busy',
  InternalError: 'internal',
  InvalidSession: 'session-lost',
  NoValidSession: 'session-lost',
  RAC0218: 'session-limit',
  SessionLimitExceeded: 'session-limit',
  // HPE iLO, with 400.
  UnauthorizedLoginAttempt: 'credentials',
  PasswordChangeRequired: 'password-change',
  AccessDenied: 'privilege',
  AccountForSessionNoLongerExists: 'privilege',
  InsufficientPrivilege: 'privilege',
  InvalidLicense: 'privilege',
  LicenseRequired: 'privilege',
  ResourceAtUriUnauthorized: 'privilege',
  ResourceMissingAtURI: 'not-found',
  ResourceNotFound: 'not-found',
  ActionNotSupported: 'unsupported',
  ActionParameterNotSupported: 'unsupported',
  ActionParameterUnknown: 'unsupported',
  ActionParameterValueFormatError: 'unsupported',
  ActionParameterValueNotInList: 'unsupported',
  PropertyNotWritable: 'unsupported',
  PropertyUnknown: 'unsupported',
  PropertyValueNotInList: 'unsupported',
  QueryNotSupported: 'unsupported',
  QueryNotSupportedOnResource: 'unsupported',
  ActionParameterValueConflict: 'conflict',
  PreconditionFailed: 'precondition',
  PreconditionHeaderMissing: 'precondition',
  PreconditionRequired: 'precondition',
}

/** Undefined for a message that only its HTTP status explains. */
export function messageClass({ id, key, text }: RedfishMessage): MessageClass | undefined {
  if (Object.hasOwn(classes, key)) return classes[key]
  // HPE iLO says so of any resource while it starts.
  if (key === 'InvalidOperationForSystemState' && /^ilo/i.test(id)) return 'busy'
  if (/maximum number of .{0,40}sessions?/i.test(text)) return 'session-limit'
  if (/\bidrac is not ready\b/i.test(text)) return 'busy'
  return undefined
}

/** The first class that any of the messages has, in order. `fine` counts only if nothing else is there. */
export function classOf(messages: readonly RedfishMessage[]): MessageClass | undefined {
  const found = messages.map(messageClass).filter((one) => one !== undefined)
  return found.find((one) => one !== 'fine') ?? found[0]
}
