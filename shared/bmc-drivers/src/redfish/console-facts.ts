import { type JsonObject, linkAt, objectAt, textAt } from '@powerbus/redfish'
import type { Visit } from './visit.ts'

const consoles = ['SerialConsole', 'GraphicalConsole', 'CommandShell', 'VirtualMediaConfig'] as const
/** Services of the BMC that consoles are reached by. DSP0268, ManagerNetworkProtocol. */
const protocols = ['SSH', 'Telnet', 'IPMI', 'KVMIP', 'VirtualMedia', 'HTTPS'] as const

/** What system and manager say of the machine's consoles, and on which ports the BMC's services listen. Nothing is tried. */
export async function readConsoleFacts(visit: Visit): Promise<JsonObject> {
  const system = await visit.system()
  const manager = await visit.manager(system)
  const network = await visit.getIfAny(linkAt(manager?.body, 'NetworkProtocol'))
  return {
    System: pick(system.body, consoles),
    Manager: pick(manager?.body, consoles),
    Ports: pick(network?.body, protocols),
    HostName: textAt(network?.body, 'HostName') ?? null,
  }
}

function pick(body: JsonObject | undefined, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (objectAt(body, name) ? [[name, objectAt(body, name)]] : [])))
}
