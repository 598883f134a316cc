import { bits, bytes } from '../codec/bits.ts'
import { readingFactorFields } from './reading-factors.ts'

/** Values of `type` in the header of a sensor data record (SDR). §43. */
export const SdrType = { full: 0x01, compact: 0x02, eventOnly: 0x03, fruDeviceLocator: 0x11 } as const

/** Bytes of the header. §43.1. */
export const SDR_HEADER_LENGTH = 5
/** Version of records in IPMI v1.5 and v2.0. */
export const SDR_VERSION = 0x51

/** Header of every SDR; `length` counts the bytes after it. §43.1. */
export const sdrHeader = bits({ recordId: [0, 16], version: [16, 8], type: [24, 8], length: [32, 8] })

/** Who has the sensor. §43.1, bytes 6 to 10. */
const key = {
  recordId: [0, 16],
  version: [16, 8],
  type: [24, 8],
  length: [32, 8],
  /** 8-bit I2C address; 20h: this BMC. */
  ownerAddress: [40, 8],
  ownerLun: [48, 2],
  ownerChannel: [52, 4],
  sensorNumber: [56, 8],
  /** What the sensor is part of. §43.14. */
  entityId: [64, 8],
  entityInstance: [72, 8],
} as const

/** What a full and a compact record say of a sensor. §43.1, bytes 13 to 23. */
const kind = {
  /** Initialisation: bit 6 is set while the BMC looks at the sensor. §43.1, byte 11. */
  scanningEnabled: [86],
  /** How thresholds can be had: 1, read. §43.1, byte 12. */
  thresholdAccess: [90, 2],
  /** 3: sends no events. §43.1, byte 12. */
  eventControl: [88, 2],
  /** §42.2, table 42-3. */
  sensorType: [96, 8],
  /** 01h: thresholds. §42.1, table 42-1. */
  eventType: [104, 8],
  /** Bit by bit as `ThresholdState`: which thresholds can be read. Of a full record of a sensor with thresholds. */
  readableThresholds: [144, 8],
  percentage: [160],
  /** 1..7: per microsecond, millisecond, second, minute, hour, day. */
  rateUnit: [163, 3],
  /** Values of `AnalogFormat`. */
  analogFormat: [166, 2],
  /** §43.17. */
  baseUnit: [168, 8],
} as const

/** How a raw reading counts: bytes 21. §43.1. */
export const AnalogFormat = { unsigned: 0, onesComplement: 1, twosComplement: 2, none: 3 } as const

/** Values of `linearization`. §36.3, §43.1. 70h..7Fh: by Get Sensor Reading Factors. */
export const FIRST_NON_LINEAR = 0x70

/** Sensor with numbers and thresholds. §43.1. The name begins at byte 49 (`type`, `length`: see type-length.ts). */
export const fullSensorRecord = bits(
  {
    ...key,
    ...kind,
    linearization: [184, 7],
    ...readingFactorFields(24),
    upperNonRecoverable: [288, 8],
    upperCritical: [296, 8],
    upperNonCritical: [304, 8],
    lowerNonRecoverable: [312, 8],
    lowerCritical: [320, 8],
    lowerNonCritical: [328, 8],
    name: bytes(47),
  },
  { minLength: 48 },
)

/** Sensor with states, or one of several that share a record. §43.2. */
export const compactSensorRecord = bits(
  {
    ...key,
    ...kind,
    /** Sensors that share this record, with numbers one after the other; 0 and 1: one. */
    shareCount: [184, 4],
    /** 0: numbers, 1: letters follow the name of a sensor that shares the record. */
    nameModifier: [188, 2],
    nameOffset: [192, 7],
    name: bytes(31),
  },
  { minLength: 32 },
)

/** Sensor that only sends events. §43.3. */
export const eventOnlyRecord = bits(
  { ...key, sensorType: [80, 8], eventType: [88, 8], name: bytes(16) },
  { minLength: 17 },
)

/** FRU device beside the BMC's own. §43.8. */
export const fruDeviceLocatorRecord = bits(
  {
    recordId: [0, 16],
    version: [16, 8],
    type: [24, 8],
    length: [32, 8],
    /** 8-bit I2C address of the controller; 20h: this BMC. */
    accessAddress: [40, 8],
    /** Number for Read FRU Data if `logical`, else an I2C address. */
    deviceId: [48, 8],
    lun: [59, 2],
    logical: [63],
    channel: [68, 4],
    name: bytes(15),
  },
  { minLength: 16 },
)
