import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Raw values of the thresholds of a sensor. §35.9. `readable`: bit by bit as `ThresholdState`, which of them it has. */
export const getSensorThresholds = command({
  name: 'Get Sensor Thresholds',
  netFn: NetFn.SensorEvent,
  cmd: 0x27,
  privilege: 'user',
  request: bits({ sensorNumber: [0, 8] }),
  response: bits({
    readable: [0, 6],
    lowerNonCritical: [8, 8],
    lowerCritical: [16, 8],
    lowerNonRecoverable: [24, 8],
    upperNonCritical: [32, 8],
    upperCritical: [40, 8],
    upperNonRecoverable: [48, 8],
  }),
})
