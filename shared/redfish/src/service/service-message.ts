import type { Json, JsonObject } from './json-value.ts'

/** The registries whose messages the service sends; DMTF publishes them. */
export const REGISTRIES = {
  Base: '1.22.1',
  ResourceEvent: '1.4.3',
  TaskEvent: '1.0.5',
} as const

type Severity = 'OK' | 'Warning' | 'Critical'
type Row = readonly [severity: Severity, sentence: string, resolution: string]

const READ = 'Read the resource to see what it takes'
const LATER = 'Wait, and send the request again'
const NONE = 'None'

/** Keys of the Base registry, with sentences of this service; %1 and so on are the arguments. DSP8011. */
const table = {
  Success: ['OK', 'The request was carried out', NONE],
  GeneralError: ['Critical', 'The request failed; see the extended information', 'See the extended information'],
  Created: ['OK', 'The resource was made', NONE],
  NoOperation: ['Warning', 'The request has nothing to change', 'Send at least one property of the resource'],
  PropertyUnknown: ['Warning', 'The resource has no property %1', 'Leave the property out'],
  PropertyValueTypeError: ['Warning', "'%1' is of a type that property %2 does not take", READ],
  PropertyValueFormatError: ['Warning', "'%1' is of a form that property %2 does not take", READ],
  PropertyValueNotInList: ['Warning', "'%1' is none of the values of property %2", 'Send a value of the list'],
  PropertyValueOutOfRange: ['Warning', "'%1' is outside of the range of property %2", READ],
  PropertyValueConflict: ['Warning', 'The value of property %1 contradicts the one of property %2', READ],
  PropertyNotWritable: ['Warning', 'Property %1 is read-only', 'Leave the property out'],
  PropertyMissing: ['Warning', 'Property %1 is missing', 'Send the property'],
  MalformedJSON: ['Critical', 'The body is not JSON', 'Correct the body'],
  UnrecognizedRequestBody: ['Warning', 'The body is not of a form that is expected here', 'Correct the body'],
  ActionNotSupported: ['Critical', 'The resource has no action %1', READ],
  ActionParameterMissing: ['Critical', 'Action %1 needs parameter %2', 'Send the parameter'],
  ActionParameterUnknown: ['Warning', 'Action %1 has no parameter %2', 'Leave the parameter out'],
  ActionParameterNotSupported: ['Warning', 'Parameter %1 of action %2 is not supported here', READ],
  ActionParameterValueTypeError: ['Warning', "'%1' is of a type that parameter %2 of action %3 does not take", READ],
  ActionParameterValueFormatError: ['Warning', "'%1' is of a form that parameter %2 of action %3 does not take", READ],
  ActionParameterValueNotInList: ['Warning', "'%1' is none of the values of parameter %2 of action %3", READ],
  ActionParameterValueConflict: ['Warning', "Parameter '%1' cannot be '%2' in the present state", LATER],
  QueryParameterValueTypeError: ['Warning', "'%1' is of a type that query parameter %2 does not take", READ],
  QueryParameterValueFormatError: ['Warning', "'%1' is of a form that query parameter %2 does not take", READ],
  QueryParameterOutOfRange: ['Warning', "'%1' is outside of the range %3 of query parameter %2", READ],
  QueryNotSupported: ['Warning', 'The service does not support this query', 'Leave the query out'],
  QueryNotSupportedOnResource: ['Warning', 'The resource does not support this query', 'Leave the query out'],
  SessionLimitExceeded: ['Critical', 'All sessions are in use', 'End a session, or wait until one has timed out'],
  ResourceCannotBeDeleted: ['Critical', 'The resource cannot be deleted', NONE],
  ResourceInUse: ['Warning', 'The resource is in use or is changing', LATER],
  ResourceAlreadyExists: ['Critical', "A %1 whose %2 is '%3' exists", 'Choose another value'],
  ResourceMissingAtURI: ['Critical', "There is no resource at '%1'", 'Follow the links from the service root'],
  ResourceInStandby: ['Critical', 'The resource is in standby', 'Power the resource on first'],
  CreateLimitReachedForResource: ['Critical', 'No more of these resources can be made', 'Delete one first'],
  PayloadTooLarge: ['Critical', 'The body is larger than the service takes', 'Send less'],
  MissingOrMalformedPart: ['Critical', 'A part of the multipart body is missing or malformed', 'Correct the parts'],
  NoValidSession: ['Critical', 'The request needs valid credentials', 'Log in, and send the request again'],
  InsufficientPrivilege: ['Critical', 'The account may not do this', 'Use an account with more privileges'],
  AccessForbidden: ['Critical', 'This connection may not be used for it', 'Connect by TLS'],
  InternalError: ['Critical', 'The request failed by an error of the service', LATER],
  ServiceTemporarilyUnavailable: ['Critical', 'The service is not available for %1 seconds', LATER],
  PasswordChangeRequired: ['Critical', 'The password of this account must be changed first', 'PATCH Password at %1'],
  ChassisPowerStateOffRequired: ['Warning', "Chassis '%1' must be powered off for this", 'Power it off first'],
  PreconditionFailed: ['Critical', 'The resource is not the one of the given ETag', 'Read the resource again'],
  PreconditionRequired: ['Critical', 'The request needs an ETag', 'Read the resource, and send its ETag'],
  HeaderInvalid: ['Critical', "Header '%1' cannot be satisfied", 'Change or leave out the header'],
  OperationNotAllowed: ['Critical', 'The resource does not take this method', 'Use a method of the header Allow'],
  OperationTimeout: ['Warning', 'The machine did not answer in time', LATER],
  ResetRequired: ['Warning', "The change needs a reset by '%1' of type '%2'", 'Reset the machine'],
} as const satisfies Record<string, Row>

export type MessageKey = keyof typeof table

const MAX_SHOWN = 64

/** A value of a request in a message: short, and no secret. */
export function shownValue(value: Json, name: string): string {
  if (/password/i.test(name)) return '…'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** One entry of `@Message.ExtendedInfo`. DSP0266 §8.7. */
export interface ServiceMessage extends JsonObject {
  readonly MessageId: string
}

/** A message of the Base registry. `properties` are JSON pointers to what it is about. */
export function message(
  key: MessageKey,
  args: readonly string[] = [],
  properties: readonly string[] = [],
): ServiceMessage {
  const [severity, sentence, resolution] = table[key]
  const fill = (text: string) => `${text.replace(/%(\d)/g, (_, number) => args[Number(number) - 1] ?? '')}.`
  return {
    MessageId: `Base.${REGISTRIES.Base.split('.', 2).join('.')}.${key}`,
    Message: fill(sentence),
    MessageArgs: [...args],
    MessageSeverity: severity,
    Resolution: fill(resolution),
    ...(properties.length > 0 && { RelatedProperties: properties.map((name) => `#/${name.replaceAll('.', '/')}`) }),
  }
}

/** Body of a failed request. DSP0266 §8.6. */
export function errorBody(messages: readonly ServiceMessage[]): JsonObject {
  const [first] = messages
  const only = messages.length === 1 && first !== undefined ? first : message('GeneralError')
  return {
    error: { code: only.MessageId, message: only.Message as string, '@Message.ExtendedInfo': [...messages] },
  }
}
