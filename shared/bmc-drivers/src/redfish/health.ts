import { type JsonObject, linkAt, type Resource, textAt } from '@powerbus/redfish'
import type { Health } from '../facts.ts'
import { lightOf } from './identify.ts'
import { powerAt } from './power.ts'
import type { Visit } from './visit.ts'

/** Kinds of parts: the collection, the summary in the system that says it all where it is OK, and the kind's name. */
const kinds = [
  ['Processors', 'ProcessorSummary', 'processor'],
  ['Memory', 'MemorySummary', 'memory'],
  ['EthernetInterfaces', undefined, 'ethernet'],
  ['Storage', undefined, 'storage'],
  ['SimpleStorage', undefined, 'simple storage'],
] as const

/** Value and word of PowerRestorePolicy. */
const policies: Readonly<Record<string, string>> = {
  AlwaysOn: 'power-on',
  AlwaysOff: 'stay-off',
  LastState: 'previous',
}
const ranks = ['OK', 'Warning', 'Critical']

/** The roll-up of system, processors, memory, Ethernet and storage. Parts that cannot be read are named, and make no fault. */
export async function readHealth(visit: Visit): Promise<Health> {
  const system = await visit.systemIfAny()
  const Power = (await powerAt(visit, system)) ?? 'unknown'
  const tally = new Tally()
  if (system) {
    tally.add('System', [system], 'system')
    for (const [collection, summary, name] of kinds) {
      if (summary && healthOf(system.body[summary] as JsonObject | undefined) === 'OK') tally.parts[collection] = 'OK'
      else tally.add(collection, await readParts(visit, linkAt(system.body, collection), tally.unread), name)
    }
  } else tally.add('Chassis', await visit.chassis(undefined), 'chassis')
  const policy = textAt(system?.body, 'PowerRestorePolicy')
  return {
    Power,
    Healthy: tally.faults.length === 0,
    Faults: tally.faults,
    Parts: tally.parts,
    ...(tally.unread.length > 0 && { Unread: tally.unread }),
    ...(policy !== undefined && { RestorePolicy: policies[policy] ?? 'unknown' }),
    ...(system && { Identify: lightOf(system) }),
  }
}

function readParts(visit: Visit, path: string | undefined, unread: string[]): Promise<Resource[]> {
  return visit.members(path, { onBroken: (broken, error) => unread.push(`${broken}: ${error.message}`) })
}

/** The worst of what the part and all below it say; undefined where it is absent, or says nothing. */
function healthOf(body: JsonObject | undefined): string | undefined {
  if (textAt(body, 'Status', 'State') === 'Absent') return undefined
  const said = [textAt(body, 'Status', 'Health'), textAt(body, 'Status', 'HealthRollup')]
  return said.filter((word) => word !== undefined).sort((a, b) => ranks.indexOf(b) - ranks.indexOf(a))[0]
}

class Tally {
  readonly parts: Record<string, string> = {}
  readonly faults: string[] = []
  readonly unread: string[] = []

  add(kind: string, resources: readonly Resource[], name: string): void {
    for (const { body } of resources) {
      const health = healthOf(body)
      if (health === undefined) continue
      const worst = this.parts[kind]
      if (worst === undefined || ranks.indexOf(health) > ranks.indexOf(worst)) this.parts[kind] = health
      if (health !== 'OK') this.faults.push(`${name} ${textAt(body, 'Name') ?? textAt(body, 'Id') ?? ''}: ${health}`)
    }
  }
}
