/** RMCP+ and RAKP message status codes. §13.24, table 13-15. */
export const RmcpPlusStatus = {
  Ok: 0x00,
  InsufficientResources: 0x01,
  InvalidSessionId: 0x02,
  InvalidPayloadType: 0x03,
  InvalidAuthenticationAlgorithm: 0x04,
  InvalidIntegrityAlgorithm: 0x05,
  NoMatchingAuthenticationPayload: 0x06,
  NoMatchingIntegrityPayload: 0x07,
  InactiveSessionId: 0x08,
  InvalidRole: 0x09,
  UnauthorizedRole: 0x0a,
  InsufficientResourcesForRole: 0x0b,
  InvalidNameLength: 0x0c,
  UnauthorizedName: 0x0d,
  UnauthorizedGuid: 0x0e,
  InvalidIntegrityCheckValue: 0x0f,
  InvalidConfidentialityAlgorithm: 0x10,
  NoMatchingCipherSuite: 0x11,
  IllegalParameter: 0x12,
} as const

const meanings: readonly string[] = [
  'no error',
  'the BMC has no free session',
  'invalid session ID',
  'invalid payload type',
  'invalid authentication algorithm',
  'invalid integrity algorithm',
  'no matching authentication payload',
  'no matching integrity payload',
  'inactive session ID',
  'invalid role',
  'the user may not have the requested privilege level',
  'no free session for the requested privilege level',
  'invalid user name length',
  'unknown user name',
  'unauthorized GUID',
  'the integrity check value does not match (wrong password or K_g)',
  'invalid confidentiality algorithm',
  'no cipher suite matches the proposed algorithms',
  'illegal or unrecognized parameter',
]

/** Whether a status says that every session of the BMC is taken; they end by themselves. §13.24. */
export function isFull(status: number | undefined): boolean {
  return status === RmcpPlusStatus.InsufficientResources || status === RmcpPlusStatus.InsufficientResourcesForRole
}

/** Meaning of an RMCP+ status code in words. §13.24. */
export function rmcpPlusStatusMeaning(status: number): string {
  return meanings[status] ?? 'reserved status code'
}
