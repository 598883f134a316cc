import { checkParameters } from '../action.ts'
import type { Host } from '../host.ts'
import type { JsonObject } from '../json-value.ts'
import { paths } from '../paths.ts'
import { refused } from '../refusal.ts'
import { noContent } from '../resource.ts'
import type { ServiceState } from '../service-state.ts'
import type { Routes } from './routes.ts'

/** The vendor's action that cuts standby power, as `Actions.Oem` of a system or of a chassis. */
export function standbyActions({ personality }: ServiceState, at: 'system' | string, path: string): JsonObject {
  const cut = personality.standbyCut
  if (!cut || (cut.at === 'system' ? at !== 'system' : at !== cut.at.chassis)) return {}
  const values = [cut.resetType, ...(cut.forcedType === undefined ? [] : [cut.forcedType])]
  return {
    Oem: { [cut.action]: { target: `${path}/${cut.path}`, 'ResetType@Redfish.AllowableValues': values } },
  }
}

export const standbyRoutes: Routes = {
  'Systems/*/Actions/Oem/*': (state, [id = '', action]) => systemAction(state, id, `Actions/Oem/${action}`),
  'Systems/*/Actions/Oem/*/*': (state, [id = '', vendor, action]) =>
    systemAction(state, id, `Actions/Oem/${vendor}/${action}`),
  'Chassis/*/Actions/Oem/*': (state, [id = '', action]) => {
    const cut = state.personality.standbyCut
    const isThere = cut && cut.at !== 'system' && cut.at.chassis === id && cut.path === `Actions/Oem/${action}`
    return isThere ? { post: ({ body }) => carryOut(state, state.hosts[0], body) } : undefined
  },
}

function systemAction(state: ServiceState, id: string, path: string) {
  const cut = state.personality.standbyCut
  const host = state.host(id)
  if (!host || cut?.at !== 'system' || cut.path !== path) return undefined
  return { post: ({ body }: { readonly body: JsonObject }) => carryOut(state, host, body) }
}

async function carryOut(state: ServiceState, host: Host | undefined, body: JsonObject) {
  const cut = state.personality.standbyCut
  if (!cut || !host) throw refused(404, 'ResourceMissingAtURI', paths.systems)
  const values = [cut.resetType, ...(cut.forcedType === undefined ? [] : [cut.forcedType])]
  const name = cut.action.slice(1)
  checkParameters(name, body, { ResetType: { type: 'string', required: true, values } })
  const isForced = body.ResetType === cut.forcedType
  if (cut.needsOff && !isForced && (await host.power.isOn()))
    throw refused(400, 'ChassisPowerStateOffRequired', host.chassisId)
  state.cutStandby(host)
  return noContent
}
