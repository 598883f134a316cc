import { linkAt, type Resource } from '@powerbus/redfish'
import type { Sensor } from '../facts.ts'
import { sensorOf, subsystemSensors } from './new-sensors.ts'
import { oldSensors } from './old-sensors.ts'
import type { Visit } from './visit.ts'

/** Hundreds on a tray of GPUs, each one a request where the BMC does not expand. */
const MOST_SENSORS = 500

/** What each chassis of the system measures: by its Sensors, else its newer subsystems, else Thermal and Power; never twice. */
export async function readSensors(visit: Visit): Promise<Sensor[]> {
  const system = await visit.systemIfAny()
  const found: Sensor[] = []
  for (const chassis of await visit.chassis(system)) found.push(...(await sensorsOf(visit, chassis)))
  return found.slice(0, MOST_SENSORS)
}

async function sensorsOf(visit: Visit, chassis: Resource): Promise<Sensor[]> {
  const members = await visit.members(linkAt(chassis.body, 'Sensors'), { most: MOST_SENSORS })
  if (members.length > 0) return members.map(({ body }) => sensorOf(body))
  const newer = await subsystemSensors(visit, chassis)
  return newer.length > 0 ? newer : oldSensors(visit, chassis)
}
