import { booleanAt, type Resource, textAt, textsAt } from '@powerbus/redfish'
import { hasProperty } from './has-property.ts'
import { isRefusal } from './redfish-failure.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

const ACTIVE = 'LocationIndicatorActive'
const LED = 'IndicatorLED'

/** Switches the light of the system, or of its chassis, on or off. Redfish has no duration. */
export async function identify(visit: Visit, isOn: boolean): Promise<void> {
  const system = await visit.systemIfAny()
  if (system && (await tryAt(visit, system, isOn))) return
  for (const chassis of await visit.chassis(system)) if (await tryAt(visit, chassis, isOn)) return
  throw unsupported(visit, `neither system nor chassis has ${ACTIVE} or ${LED}`)
}

/** False where the resource has no light, or refuses to switch it. */
async function tryAt(visit: Visit, resource: Resource, isOn: boolean): Promise<boolean> {
  for (const body of waysOf(resource, isOn)) {
    try {
      const tag = (await visit.rules()).ifMatch ?? resource.etag
      const options = tag === undefined ? {} : { etag: tag }
      const { refused } = await visit.connection.patch(resource.path, body, visit.budget.call(), options)
      if (refused.length === 0) return true
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }
  return false
}

/** IndicatorLED was followed by LocationIndicatorActive, which some have beside it and do not obey. DSP0268. */
function waysOf(resource: Resource, isOn: boolean): Readonly<Record<string, string | boolean>>[] {
  const ways: Record<string, string | boolean>[] = []
  if (hasProperty(resource, ACTIVE)) ways.push({ [ACTIVE]: isOn })
  if (hasProperty(resource, LED)) {
    const allowed = textsAt(resource.body, `${LED}@Redfish.AllowableValues`)
    const words = isOn ? ['Blinking', 'Lit'] : ['Off']
    const possible = allowed.length > 0 ? words.filter((word) => allowed.includes(word)) : words
    ways.push(...possible.map((word) => ({ [LED]: word })))
  }
  return ways
}

/** For the health of the machine. */
export function lightOf({ body }: Resource): 'off' | 'on' | 'unknown' {
  const active = booleanAt(body, ACTIVE)
  if (active !== undefined) return active ? 'on' : 'off'
  const led = textAt(body, LED)
  if (led === undefined || led === 'Unknown') return 'unknown'
  return led === 'Off' ? 'off' : 'on'
}
