/** Network function codes of requests. A response has the request's code plus 1. §5.1, table 5-1. */
export const NetFn = {
  Chassis: 0x00,
  SensorEvent: 0x04,
  App: 0x06,
  Firmware: 0x08,
  Storage: 0x0a,
  Transport: 0x0c,
  GroupExtension: 0x2c,
} as const
