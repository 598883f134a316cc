import { bits } from '../codec/bits.ts'

/** Bytes of a SEL record. §32. */
export const SEL_RECORD_LENGTH = 16

/** Timestamp of an event without a known time. §37.1. */
export const UNKNOWN_TIME = 0xffff_ffff

/** A SEL record of type 02h, system event. §32.1, table 32-1. Types C0h..FFh have OEM layouts. §32.2, §32.3. */
export const selEventRecord = bits({
  recordId: [0, 16],
  recordType: [16, 8],
  /** Seconds since 1970. Up to 20000000h: seconds since the BMC started. §37.1. */
  timestamp: [24, 32],
  /** 20h: this BMC. */
  generatorAddress: [56, 8],
  generatorLun: [64, 2],
  generatorChannel: [68, 4],
  /** 04h in IPMI v1.5 and v2.0, 03h in v1.0. */
  eventMessageVersion: [72, 8],
  /** §42.2, table 42-3. */
  sensorType: [80, 8],
  sensorNumber: [88, 8],
  /** 6Fh: sensor-specific offsets. §42.1. */
  eventType: [96, 7],
  deasserted: [103],
  /** Meaning of the event within its sensor type. */
  offset: [104, 4],
  /** 2: OEM code in `data3`; 3: sensor-specific. §29.7, table 29-6. */
  data3Use: [108, 2],
  /** 2: OEM code in `data2`; 3: sensor-specific. */
  data2Use: [110, 2],
  data2: [112, 8],
  data3: [120, 8],
})

export type SelEventRecord = ReturnType<typeof selEventRecord.decode>
