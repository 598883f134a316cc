import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Parameter selectors. DCMI v1.5 §6.1.1, table 6-2. */
export const DcmiCapability = {
  /** 3 bytes; data 2, bit 0: power management; data 3: interfaces. */
  supported: 1,
  /** 5 bytes: attributes of SEL, identification and temperature monitoring. */
  mandatoryAttributes: 2,
  /** 2 bytes: slave address and channel of the power management controller. */
  optionalAttributes: 3,
  /** 3 bytes: channels for access. */
  accessAttributes: 4,
  /** 1 byte and as many rolling average periods. */
  powerStatistics: 5,
} as const

/** What of DCMI the BMC supports. DCMI v1.5 §6.1.1. `group`: DCMI_GROUP. */
export const getDcmiCapabilitiesInfo = command({
  name: 'Get DCMI Capabilities Info',
  netFn: NetFn.GroupExtension,
  cmd: 0x01,
  privilege: 'user',
  request: bits({ group: [0, 8], parameter: [8, 8] }),
  response: bits({
    group: [0, 8],
    conformanceMajor: [8, 8],
    conformanceMinor: [16, 8],
    revision: [24, 8],
    data: bytes(4),
  }),
})
