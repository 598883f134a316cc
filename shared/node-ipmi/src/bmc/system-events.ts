import type { ChassisControlName } from '../commands/chassis-control.ts'
import type { SystemEvent } from './system-event-log.ts'

/** Sensor types. §42.2, table 42-3. */
const SensorType = {
  powerUnit: 0x09,
  eventLogging: 0x10,
  criticalInterrupt: 0x13,
  bootInitiated: 0x1d,
  operatingSystemStop: 0x20,
} as const

/** The log was cleared. */
export const logCleared: SystemEvent = { sensorType: SensorType.eventLogging, offset: 0x02 }

/**
 * What the BMC records of a Chassis Control that had an effect: the event as in table 42-3; as OEM codes, in data 2 the
 * channel and in data 3 the user ID by which it came.
 */
export function controlEvent(verb: ChassisControlName, channel: number, userId: number): SystemEvent {
  return { ...controlEvents[verb], data2: channel, data3: userId }
}

const controlEvents: Readonly<Record<ChassisControlName, SystemEvent>> = {
  /** Power off. */
  powerDown: { sensorType: SensorType.powerUnit, offset: 0x00 },
  powerCycle: { sensorType: SensorType.powerUnit, offset: 0x01 },
  /** Boot initiated by power up. */
  powerUp: { sensorType: SensorType.bootInitiated, offset: 0x00 },
  /** Boot initiated by hard reset. */
  hardReset: { sensorType: SensorType.bootInitiated, offset: 0x01 },
  /** Diagnostic interrupt. */
  diagnosticInterrupt: { sensorType: SensorType.criticalInterrupt, offset: 0x00 },
  /** Graceful shutdown of the operating system. */
  softShutdown: { sensorType: SensorType.operatingSystemStop, offset: 0x03 },
}
