/** Sensor types 01h to 2Ch by number. §42.2, table 42-3. */
const sensorTypes = [
  ...['', 'temperature', 'voltage', 'current', 'fan', 'physical security', 'platform security', 'processor'],
  ...['power supply', 'power unit', 'cooling device', 'other', 'memory', 'drive slot', 'POST memory resize'],
  ...['system firmware', 'event logging', 'watchdog 1', 'system event', 'critical interrupt', 'button', 'module'],
  ...['microcontroller', 'add-in card', 'chassis', 'chip set', 'other FRU', 'cable', 'terminator', 'system boot'],
  ...['boot error', 'OS boot', 'OS stop', 'slot', 'ACPI power state', 'watchdog 2', 'platform alert'],
  ...['entity presence', 'monitor', 'LAN', 'management subsystem', 'battery', 'session audit', 'version change'],
  'FRU state',
] as const

/** Types of sensors that measure. */
export const SensorType = { temperature: 1, voltage: 2, current: 3, fan: 4, other: 0x0b } as const

/** Words for a sensor type; `OEM type c0h` for one of a vendor. */
export function sensorTypeName(type: number): string {
  const name = sensorTypes[type]
  if (name) return name
  return `${type >= 0xc0 ? 'OEM' : 'reserved'} type ${type.toString(16).padStart(2, '0')}h`
}
