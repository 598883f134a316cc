import { checkParameters } from '../action.ts'
import type { JsonObject } from '../json-value.ts'
import { listOf, patchArray, text } from '../patch.ts'
import { paths } from '../paths.ts'
import { collection, link, links, noContent, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { dateText } from '../service-clock.ts'
import type { ServiceState } from '../service-state.ts'
import type { Route, Routes } from './routes.ts'

const within =
  (make: (state: ServiceState, path: string) => Resource | undefined): Route =>
  (state, [id = '']) =>
    id === state.personality.managerId ? make(state, `${paths.managers}/${id}`) : undefined

/** The BMC itself. DSP0268, Manager, ManagerNetworkProtocol. */
export const managerRoutes: Routes = {
  Managers: ({ personality }) => collection('Manager', 'Managers', [`${paths.managers}/${personality.managerId}`]),

  'Managers/*': within((state, path) => ({ type: typeOf('Manager'), read: () => managerBody(state, path) })),

  'Managers/*/Actions/Manager.Reset': within((state) => ({
    writePrivilege: 'ConfigureManager',
    post: ({ body }) => {
      const values = state.personality.managerResetTypes
      checkParameters('Manager.Reset', body, { ResetType: { type: 'string', values } })
      state.restartSoon()
      return noContent
    },
  })),

  'Managers/*/NetworkProtocol': within((state) => ({
    type: typeOf('ManagerNetworkProtocol'),
    read: () => ({
      Id: 'NetworkProtocol',
      Name: 'Network Protocols',
      HostName: state.settings.hostName,
      FQDN: null,
      HTTPS: { ProtocolEnabled: true, Port: 443 },
      IPMI: { ProtocolEnabled: true, Port: 623 },
      NTP: { ProtocolEnabled: state.ntpServers.length > 0, NTPServers: [...state.ntpServers] },
      Status: { State: 'Enabled', Health: 'OK' },
    }),
    writePrivilege: 'ConfigureManager',
    patch: {
      status: state.quirks.patchStatus,
      writable: {
        HostName: text({ least: 1, most: 63 }),
        'NTP.NTPServers': listOf(text({ least: 1, most: 255 })),
      },
      apply: (changes) => {
        const name = changes.get('HostName')
        if (typeof name === 'string') state.settings.hostName = name
        const servers = changes.get('NTP.NTPServers')
        if (Array.isArray(servers)) state.ntpServers = patchArray(state.ntpServers, servers) as string[]
        return undefined
      },
    },
  })),

  'Managers/*/EthernetInterfaces': within((_, path) =>
    collection('EthernetInterface', 'Network Interfaces', [`${path}/EthernetInterfaces/eth0`]),
  ),

  'Managers/*/EthernetInterfaces/*': (state, [id = '', member]) => {
    if (id !== state.personality.managerId || member !== 'eth0') return undefined
    return {
      type: typeOf('EthernetInterface'),
      read: () => ({
        Id: 'eth0',
        Name: 'Network interface of the BMC',
        InterfaceEnabled: true,
        LinkStatus: 'LinkUp',
        SpeedMbps: 1000,
        HostName: state.settings.hostName,
        IPv4Addresses: [],
        Status: { State: 'Enabled', Health: 'OK' },
      }),
    }
  },
}

function managerBody({ personality, hosts, uuid, clock }: ServiceState, path: string): JsonObject {
  return {
    Id: personality.managerId,
    Name: 'Manager',
    ManagerType: 'BMC',
    Manufacturer: personality.manufacturer,
    Model: 'Emulated BMC',
    FirmwareVersion: personality.firmware,
    UUID: uuid,
    ServiceEntryPointUUID: uuid,
    DateTime: dateText(clock),
    DateTimeLocalOffset: '+00:00',
    PowerState: 'On',
    Status: { State: 'Enabled', Health: 'OK' },
    NetworkProtocol: link(`${path}/NetworkProtocol`),
    EthernetInterfaces: link(`${path}/EthernetInterfaces`),
    LogServices: link(`${path}/LogServices`),
    ...(personality.mediaAt !== 'system' && hosts.length > 0 && { VirtualMedia: link(`${path}/VirtualMedia`) }),
    Links: {
      ...(!personality.hasNoSystems && { ManagerForServers: links(hosts.map((host) => host.path)) }),
      ManagerForChassis: links(hosts.map(({ chassisPath }) => chassisPath)),
    },
    Actions: {
      '#Manager.Reset': {
        target: `${path}/Actions/Manager.Reset`,
        'ResetType@Redfish.AllowableValues': [...personality.managerResetTypes],
      },
    },
  }
}
