import type { Host } from '../host.ts'
import { flag, text } from '../patch.ts'
import { paths } from '../paths.ts'
import { collection, link, links, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import type { ServiceState } from '../service-state.ts'
import type { Routes } from './routes.ts'
import { standbyActions } from './standby-cut.ts'

/** The host whose chassis has this id. */
export function hostOfChassis({ hosts }: ServiceState, id: string): Host | undefined {
  return hosts.find(({ chassisId }) => chassisId === id)
}

/** Chassis of the hosts, and further ones of the personality. DSP0268, Chassis. */
export const chassisRoutes: Routes = {
  Chassis: ({ personality, hosts }) =>
    collection('Chassis', 'Chassis', [
      ...hosts.map(({ chassisPath }) => chassisPath),
      ...personality.moreChassis.map((id) => `${paths.chassis}/${id}`),
    ]),
  'Chassis/*': (state, [id = '']) => {
    const host = hostOfChassis(state, id)
    if (host) return hostChassis(state, host)
    return state.personality.moreChassis.includes(id) ? otherChassis(state, id) : undefined
  },
}

function hostChassis(state: ServiceState, host: Host): Resource {
  const { personality, quirks } = state
  const path = host.chassisPath
  return {
    type: typeOf('Chassis'),
    read: async () => {
      const isOn = await host.power.isOn()
      return {
        Id: host.chassisId,
        Name: 'Chassis',
        ChassisType: 'RackMount',
        Manufacturer: personality.manufacturer,
        Model: personality.model,
        SerialNumber: host.serialNumber,
        PartNumber: '0001',
        AssetTag: host.assetTag,
        PowerState: isOn ? 'On' : 'Off',
        LocationIndicatorActive: host.isIdentified,
        Status: { State: isOn ? 'Enabled' : 'StandbyOffline', Health: 'OK', HealthRollup: 'OK' },
        ThermalSubsystem: link(`${path}/ThermalSubsystem`),
        PowerSubsystem: link(`${path}/PowerSubsystem`),
        Sensors: link(`${path}/Sensors`),
        EnvironmentMetrics: link(`${path}/EnvironmentMetrics`),
        Thermal: link(`${path}/Thermal`),
        Power: link(`${path}/Power`),
        Links: {
          ...(!personality.hasNoSystems && { ComputerSystems: [link(host.path)] }),
          ManagedBy: [link(`${paths.managers}/${personality.managerId}`)],
        },
        ...(hasActions(state, host.chassisId) && { Actions: standbyActions(state, host.chassisId, path) }),
      }
    },
    patch: {
      status: quirks.patchStatus,
      writable: { AssetTag: text({ most: 64 }), LocationIndicatorActive: flag },
      apply: async (changes) => {
        const tag = changes.get('AssetTag')
        if (typeof tag === 'string') host.assetTag = tag
        const light = changes.get('LocationIndicatorActive')
        if (typeof light === 'boolean') await host.identify(light)
        return undefined
      },
    },
  }
}

function otherChassis(state: ServiceState, id: string): Resource {
  const { personality, hosts } = state
  return {
    type: typeOf('Chassis'),
    read: () => ({
      Id: id,
      Name: id,
      ChassisType: 'Module',
      Manufacturer: personality.manufacturer,
      PowerState: 'On',
      Status: { State: 'Enabled', Health: 'OK' },
      Links: {
        ComputerSystems: links(hosts.map(({ path }) => path)),
        ManagedBy: [link(`${paths.managers}/${personality.managerId}`)],
      },
      ...(hasActions(state, id) && { Actions: standbyActions(state, id, `${paths.chassis}/${id}`) }),
    }),
  }
}

function hasActions({ personality: { standbyCut } }: ServiceState, id: string): boolean {
  return standbyCut !== undefined && standbyCut.at !== 'system' && standbyCut.at.chassis === id
}
