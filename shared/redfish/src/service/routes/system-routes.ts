import { checkParameters } from '../action.ts'
import type { Host } from '../host.ts'
import type { JsonObject } from '../json-value.ts'
import { flag, listOf, oneOf, orNull, type PatchTable, patchArray, text } from '../patch.ts'
import { paths } from '../paths.ts'
import type { ResetType } from '../personality.ts'
import { Refusal, refused } from '../refusal.ts'
import { collection, link, noContent, type Resource } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { message } from '../service-message.ts'
import type { ServiceState } from '../service-state.ts'
import type { Routes } from './routes.ts'
import { standbyActions } from './standby-cut.ts'

const ENABLED = ['Disabled', 'Once', 'Continuous']

/** Systems, their reset and their boot override. DSP0268, ComputerSystem. */
export const systemRoutes: Routes = {
  Systems: ({ personality, hosts }) =>
    personality.hasNoSystems
      ? undefined
      : collection('ComputerSystem', 'Systems', [
          ...personality.baseboards.map((id) => `${paths.systems}/${id}`),
          ...hosts.map(({ path }) => path),
        ]),

  'Systems/*': (state, [id = '']) => {
    const host = state.host(id)
    if (host) return systemResource(state, host)
    return state.personality.baseboards.includes(id) ? baseboardResource(state, id) : undefined
  },

  'Systems/*/Actions/ComputerSystem.Reset': (state, [id = '']) => {
    const host = state.host(id)
    return host && { post: ({ body }) => reset(state, host, body) }
  },

  'Systems/*/ResetActionInfo': (state, [id = '']) => {
    const host = state.quirks.resetTypesAt === 'actionInfo' && state.host(id)
    if (!host) return undefined
    return {
      type: typeOf('ActionInfo'),
      read: () => ({
        Id: 'ResetActionInfo',
        Name: 'Reset Action Info',
        Parameters: [
          { Name: 'ResetType', Required: true, DataType: 'String', AllowableValues: [...state.personality.resetTypes] },
        ],
      }),
    }
  },

  'Systems/*/*': (state, [id = '', part]) => {
    const host = state.host(id)
    if (!host || part !== state.personality.systemSettings) return undefined
    return {
      type: typeOf('ComputerSystem'),
      read: () => ({ Id: part, Name: 'Settings of the System', Boot: bootBody(state, host) }),
      patch: bootPatch(state, host, 'settings'),
    }
  },
}

function systemResource(state: ServiceState, host: Host): Resource {
  const { personality, quirks } = state
  return {
    type: typeOf('ComputerSystem'),
    read: async () => {
      const powerState = await host.power.state()
      const isOn = await host.power.isOn()
      return {
        Id: host.id,
        Name: host.name,
        SystemType: 'Physical',
        UUID: host.uuid,
        Manufacturer: personality.manufacturer,
        Model: personality.model,
        SerialNumber: host.serialNumber,
        PartNumber: '0001',
        SKU: '',
        AssetTag: host.assetTag,
        HostName: '',
        BiosVersion: '1.0.0',
        ...(powerState !== undefined && { PowerState: powerState }),
        Status: { State: isOn ? 'Enabled' : 'StandbyOffline', Health: 'OK', HealthRollup: 'OK' },
        LocationIndicatorActive: host.isIdentified,
        ...(host.lastReset !== undefined && { LastResetTime: host.lastReset }),
        BootProgress: {
          LastState: !isOn ? 'None' : host.power.isInPost ? 'SystemHardwareInitializationComplete' : 'OSRunning',
        },
        Boot: bootBody(state, host),
        ProcessorSummary: { Count: 1, LogicalProcessorCount: 8, Model: 'Emulated processor' },
        MemorySummary: { TotalSystemMemoryGiB: 16 },
        Processors: link(`${host.path}/Processors`),
        Memory: link(`${host.path}/Memory`),
        EthernetInterfaces: link(`${host.path}/EthernetInterfaces`),
        Storage: link(`${host.path}/Storage`),
        Bios: link(`${host.path}/Bios`),
        SecureBoot: link(`${host.path}/SecureBoot`),
        LogServices: link(`${host.path}/LogServices`),
        ...(personality.mediaAt !== 'manager' && { VirtualMedia: link(`${host.path}/VirtualMedia`) }),
        ...(personality.systemSettings !== undefined && {
          '@Redfish.Settings': {
            '@odata.type': '#Settings.v1_4_0.Settings',
            SettingsObject: link(`${host.path}/${personality.systemSettings}`),
            SupportedApplyTimes: ['OnReset'],
          },
        }),
        Links: {
          Chassis: [link(host.chassisPath)],
          ManagedBy: [link(`${paths.managers}/${personality.managerId}`)],
        },
        Actions: {
          '#ComputerSystem.Reset': {
            target: `${host.path}/Actions/ComputerSystem.Reset`,
            ...(quirks.resetTypesAt === 'annotation' && {
              'ResetType@Redfish.AllowableValues': [...personality.resetTypes],
            }),
            ...(quirks.resetTypesAt === 'actionInfo' && { '@Redfish.ActionInfo': `${host.path}/ResetActionInfo` }),
          },
          ...standbyActions(state, 'system', host.path),
        },
      }
    },
    patch: systemPatch(state, host),
  }
}

/** A part of the machine that is listed as a system, and that has no power of its own. */
function baseboardResource({ hosts, quirks }: ServiceState, id: string): Resource {
  return {
    type: typeOf('ComputerSystem'),
    read: async () => {
      if (quirks.baseboardNeedsHost && !(await hosts[0]?.power.isOn())) {
        const text = { Message: 'The baseboard does not answer.', MessageArgs: [], MessageSeverity: 'Critical' }
        throw new Refusal(503, [{ MessageId: 'Ami.1.0.HMCCommuicationFailed', Resolution: 'None.', ...text }])
      }
      return { Id: id, Name: id, SystemType: 'Physical', PowerState: 'On', Status: { State: 'Enabled', Health: 'OK' } }
    },
  }
}

function bootBody({ personality, quirks }: ServiceState, host: Host): JsonObject {
  const { target, enabled, mode, httpBootUri } = host.boot.state
  return {
    BootSourceOverrideEnabled: enabled,
    'BootSourceOverrideEnabled@Redfish.AllowableValues': ENABLED.filter(
      (value) => value !== 'Continuous' || !quirks.noContinuous,
    ),
    BootSourceOverrideTarget: target,
    'BootSourceOverrideTarget@Redfish.AllowableValues': [...personality.bootTargets],
    ...(personality.bootModes.length > 0 && {
      BootSourceOverrideMode: mode,
      'BootSourceOverrideMode@Redfish.AllowableValues': [...personality.bootModes],
    }),
    ...(personality.bootTargets.includes('UefiHttp') && { HttpBootUri: httpBootUri }),
    BootOrder: [...host.boot.order],
    BootOptions: link(`${host.path}/BootOptions`),
  }
}

function bootPatch(state: ServiceState, host: Host, at: 'system' | 'settings'): PatchTable {
  const { personality, quirks } = state
  const takesOverride = quirks.overrideAt === at || quirks.overrideAt === 'both'
  const known = ['Boot0000', 'Boot0001', 'Boot0002']
  return {
    status: quirks.patchStatus,
    writable: {
      ...(takesOverride && {
        'Boot.BootSourceOverrideEnabled': oneOf(ENABLED),
        'Boot.BootSourceOverrideTarget': oneOf(personality.bootTargets),
        ...(personality.bootModes.length > 0 && { 'Boot.BootSourceOverrideMode': oneOf(personality.bootModes) }),
        ...(personality.bootTargets.includes('UefiHttp') && { 'Boot.HttpBootUri': orNull(text()) }),
      }),
      'Boot.BootOrder': listOf(oneOf(known)),
    },
    apply: async (changes) => {
      if (host.power.isInPost) throw inPost()
      const order = changes.get('Boot.BootOrder')
      const merged = Array.isArray(order) ? patchArray(host.boot.order, order) : undefined
      if (merged && new Set(merged).size < merged.length)
        throw refused(400, 'PropertyValueConflict', 'Boot/BootOrder', 'Boot/BootOrder')
      if ([...changes.keys()].some((name) => name.startsWith('Boot.') && name !== 'Boot.BootOrder'))
        await host.boot.change(changes)
      if (merged) host.boot.setOrder(merged as string[])
      return undefined
    },
  }
}

function systemPatch(state: ServiceState, host: Host): PatchTable {
  const boot = bootPatch(state, host, 'system')
  return {
    ...boot,
    writable: { ...boot.writable, AssetTag: text({ most: 64 }), LocationIndicatorActive: flag },
    apply: async (changes) => {
      if ([...changes.keys()].some((name) => name.startsWith('Boot.'))) await boot.apply(changes)
      const tag = changes.get('AssetTag')
      if (typeof tag === 'string') host.assetTag = tag
      const light = changes.get('LocationIndicatorActive')
      if (typeof light === 'boolean') await host.identify(light)
      return undefined
    },
  }
}

/** iLO's refusal while the firmware runs its self-test; sushy's connector knows it. */
function inPost(): Refusal {
  const text = { Message: 'The system is in POST.', MessageArgs: [], MessageSeverity: 'Warning', Resolution: 'Wait.' }
  return new Refusal(400, [{ MessageId: 'iLO.2.14.UnableToModifyDuringSystemPOST', ...text }])
}

async function reset(state: ServiceState, host: Host, body: JsonObject) {
  const { personality } = state
  checkParameters('ComputerSystem.Reset', body, { ResetType: { type: 'string', required: true } })
  const type = body.ResetType as string
  if (!personality.resetTypes.includes(type as ResetType))
    throw new Refusal(400, [
      message('ActionParameterValueNotInList', [type, 'ResetType', 'ComputerSystem.Reset'], ['ResetType']),
    ])
  await host.power.reset(type as ResetType)
  if (type === 'Nmi') host.interrupted()
  return noContent
}
