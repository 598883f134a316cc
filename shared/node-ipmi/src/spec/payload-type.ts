/** RMCP+ payload types. §13.27.3, table 13-16. */
export const PayloadType = {
  Ipmi: 0x00,
  Sol: 0x01,
  OpenSessionRequest: 0x10,
  OpenSessionResponse: 0x11,
  Rakp1: 0x12,
  Rakp2: 0x13,
  Rakp3: 0x14,
  Rakp4: 0x15,
} as const
