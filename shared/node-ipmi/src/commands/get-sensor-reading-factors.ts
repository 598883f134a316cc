import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'
import { readingFactorFields } from './reading-factors.ts'

/** The factors of a sensor that is not linear, for one raw reading. §35.5. */
export const getSensorReadingFactors = command({
  name: 'Get Sensor Reading Factors',
  netFn: NetFn.SensorEvent,
  cmd: 0x23,
  privilege: 'user',
  request: bits({ sensorNumber: [0, 8], reading: [8, 8] }),
  response: bits({ nextReading: [0, 8], ...readingFactorFields(1) }),
})
