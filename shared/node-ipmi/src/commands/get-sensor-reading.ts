import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * What a sensor measures now. §35.14. Both bytes of states are optional: without them there are none. A sensor with
 * thresholds has its comparison with them in the first six states, the lowest first; other sensors have one state for
 * each offset of their event type (§42.1).
 */
export const getSensorReading = command({
  name: 'Get Sensor Reading',
  netFn: NetFn.SensorEvent,
  cmd: 0x2d,
  privilege: 'user',
  request: bits({ sensorNumber: [0, 8] }),
  response: bits(
    {
      reading: [0, 8],
      /** Reading and states are not valid, such as of a part that is not there, or in an update. */
      unavailable: [13],
      /** False: the BMC does not look at this sensor. */
      scanning: [14],
      eventMessages: [15],
      /** States 0 to 7. */
      states: [16, 8],
      /** States 8 to 14. */
      moreStates: [24, 7],
    },
    { minLength: 2 },
  ),
})

/** Bits of `states` of a sensor with thresholds: the reading is at or beyond the threshold. §35.14. */
export const ThresholdState = {
  lowerNonCritical: 0x01,
  lowerCritical: 0x02,
  lowerNonRecoverable: 0x04,
  upperNonCritical: 0x08,
  upperCritical: 0x10,
  upperNonRecoverable: 0x20,
} as const
