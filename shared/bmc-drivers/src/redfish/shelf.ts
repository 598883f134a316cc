import { linkAt, type Resource, textAt, valueAt } from '@powerbus/redfish'
import type { Power } from './power-word.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** Actions of a shelf's chassis: each has a parameter of its own name. NICo powershelf-manager, redfish/client.go. */
const shelfActions = {
  on: ['#Chassis.On', 'Actions/Chassis.On', { OnType: 'On' }],
  off: ['#Chassis.ForceOff', 'Actions/Chassis.ForceOff', { ForceOffType: 'ForceOff' }],
} as const satisfies Record<Power, readonly [action: string, path: string, body: Readonly<Record<string, string>>]>

/** All supplies on, or all off; undefined where they differ, or none says. LR+ liteon_powershelf.rs, delta_powershelf.rs. */
export async function readSupplies(visit: Visit, system: Resource | undefined): Promise<Power | undefined> {
  const states = new Set<Power | undefined>()
  for (const chassis of await visit.chassis(system))
    for (const supply of await supplies(visit, chassis)) states.add(stateOf(supply))
  return states.size === 1 ? [...states][0] : undefined
}

async function supplies(visit: Visit, chassis: Resource): Promise<Resource[]> {
  const subsystem = await visit.getIfAny(linkAt(chassis.body, 'PowerSubsystem'))
  return visit.members(linkAt(subsystem?.body, 'PowerSupplies'))
}

/** PowerState where a supply has it, else Status.State. DSP0268, Resource. */
const states: Readonly<Record<string, Power>> = { On: 'on', Off: 'off', Enabled: 'on', StandbyOffline: 'off' }

function stateOf({ body }: Resource): Power | undefined {
  const delta = valueAt(body, 'Oem', 'deltaenergysystems', 'Power')
  if (typeof delta === 'boolean') return delta ? 'on' : 'off'
  return states[textAt(body, 'PowerState') ?? textAt(body, 'Status', 'State') ?? '']
}

/** Switches the chassis that the shelf is. Throws CAPABILITY_UNSUPPORTED where none has the action. */
export async function switchShelf(visit: Visit, system: Resource | undefined, to: Power): Promise<void> {
  const [action, path, body] = shelfActions[to]
  for (const chassis of await visit.chassis(system)) {
    const target = textAt(chassis.body, 'Actions', action, 'target')
    if (target === undefined) continue
    await visit.connection.post(target, body, visit.budget.call())
    return
  }
  throw unsupported(visit, `no chassis has the action ${action} (${path})`)
}
