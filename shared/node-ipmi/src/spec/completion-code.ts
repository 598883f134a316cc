/** Generic completion codes. §5.2, table 5-2. */
export const CompletionCode = {
  Ok: 0x00,
  NodeBusy: 0xc0,
  InvalidCommand: 0xc1,
  InvalidForLun: 0xc2,
  Timeout: 0xc3,
  OutOfSpace: 0xc4,
  InvalidReservation: 0xc5,
  DataTruncated: 0xc6,
  InvalidLength: 0xc7,
  LengthExceeded: 0xc8,
  ParameterOutOfRange: 0xc9,
  CannotReturnBytes: 0xca,
  NotPresent: 0xcb,
  InvalidDataField: 0xcc,
  IllegalForSensor: 0xcd,
  NoResponse: 0xce,
  DuplicateRequest: 0xcf,
  SdrUpdating: 0xd0,
  FirmwareUpdating: 0xd1,
  Initialising: 0xd2,
  DestinationUnavailable: 0xd3,
  InsufficientPrivilege: 0xd4,
  NotInPresentState: 0xd5,
  SubFunctionDisabled: 0xd6,
  Unspecified: 0xff,
} as const

const passing: ReadonlySet<number> = new Set([
  CompletionCode.NodeBusy,
  CompletionCode.Timeout,
  CompletionCode.OutOfSpace,
  CompletionCode.DuplicateRequest,
  CompletionCode.SdrUpdating,
  CompletionCode.FirmwareUpdating,
  CompletionCode.Initialising,
])

/** Whether the code says "not now": the same command may succeed in a moment. */
export function isPassing(code: number): boolean {
  return passing.has(code)
}

const meanings: Readonly<Record<number, string>> = {
  0: 'completed normally',
  192: 'node busy',
  193: 'the BMC does not know this command',
  194: 'command invalid for this LUN',
  195: 'the BMC timed out while processing it',
  196: 'the BMC is out of space',
  197: 'reservation cancelled or invalid',
  198: 'request data truncated',
  199: 'request data length invalid',
  200: 'request data field length limit exceeded',
  201: 'parameter out of range',
  202: 'cannot return the number of requested data bytes',
  203: 'requested sensor, data or record not present',
  204: 'invalid data field in the request',
  205: 'command illegal for the sensor or record type',
  206: 'the response could not be provided',
  207: 'cannot execute a duplicated request',
  208: 'SDR repository in update mode',
  209: 'device in firmware update mode',
  210: 'BMC initialisation in progress',
  211: 'destination unavailable',
  212: 'insufficient privilege level',
  213: 'not supported in the present state',
  214: 'sub-function disabled or unavailable',
  255: 'unspecified error',
}

/** Meaning of a completion code in words. 01h..7Eh are OEM codes, 80h..BEh are command-specific. §5.2. */
export function completionMeaning(code: number): string {
  const known = meanings[code]
  if (known !== undefined) return known
  if (code <= 0x7e) return 'OEM completion code'
  if (code >= 0x80 && code <= 0xbe) return 'command-specific completion code'
  return 'reserved completion code'
}
