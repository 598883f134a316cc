import { bits } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Values of `mode`. DCMI v1.5 §6.6.1. */
export const PowerReadingMode = { system: 1, enhanced: 2 } as const

/** Power consumption in watts. DCMI v1.5 §6.6.1. `group`: DCMI_GROUP. */
export const getPowerReading = command({
  name: 'Get Power Reading',
  netFn: NetFn.GroupExtension,
  cmd: 0x02,
  privilege: 'user',
  request: bits({
    group: [0, 8],
    mode: [8, 8],
    /** Rolling average period; only with `PowerReadingMode.enhanced`. */
    period: [16, 8],
    reserved: [24, 8],
  }),
  response: bits({
    group: [0, 8],
    watts: [8, 16],
    minimumWatts: [24, 16],
    maximumWatts: [40, 16],
    averageWatts: [56, 16],
    /** Seconds since 1970. */
    timestamp: [72, 32],
    /** Period of minimum, maximum and average, in milliseconds. */
    periodMs: [104, 32],
    /** Power measurement is active. */
    active: [142],
  }),
})
