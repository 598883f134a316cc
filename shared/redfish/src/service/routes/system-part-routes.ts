import { type JsonObject, own } from '../json-value.ts'
import { collection, link, type Resource } from '../resource.ts'
import { type SchemaName, typeOf } from '../schema-versions.ts'
import type { Route, Routes } from './routes.ts'

const GOOD = { State: 'Enabled', Health: 'OK' }

interface Part {
  readonly kind: SchemaName & ('Processor' | 'Memory' | 'EthernetInterface' | 'Storage' | 'BootOption')
  readonly name: string
  readonly members: (serial: string) => Readonly<Record<string, JsonObject>>
}

/** Parts of a machine that are always the same; MAC addresses come from its serial number. */
const parts: Readonly<Record<string, Part>> = {
  Processors: {
    kind: 'Processor',
    name: 'Processors',
    members: () => ({
      CPU1: {
        Name: 'Processor 1',
        Socket: 'CPU1',
        ProcessorType: 'CPU',
        ProcessorArchitecture: 'x86',
        InstructionSet: 'x86-64',
        Manufacturer: 'Powerbus',
        Model: 'Emulated processor',
        MaxSpeedMHz: 2400,
        TotalCores: 4,
        TotalThreads: 8,
        Status: GOOD,
      },
    }),
  },
  Memory: {
    kind: 'Memory',
    name: 'Memory modules',
    members: () => ({
      DIMM1: {
        Name: 'Memory module 1',
        CapacityMiB: 16_384,
        DeviceLocator: 'DIMM1',
        MemoryDeviceType: 'DDR5',
        MemoryType: 'DRAM',
        OperatingSpeedMhz: 4800,
        Manufacturer: 'Powerbus',
        Status: GOOD,
      },
    }),
  },
  EthernetInterfaces: {
    kind: 'EthernetInterface',
    name: 'Network interfaces',
    members: (serial) => ({
      NIC1: {
        Name: 'Network interface 1',
        MACAddress: macOf(serial),
        PermanentMACAddress: macOf(serial),
        SpeedMbps: 10_000,
        LinkStatus: 'LinkUp',
        InterfaceEnabled: true,
        Status: GOOD,
      },
    }),
  },
  Storage: {
    kind: 'Storage',
    name: 'Storage',
    members: () => ({ '1': { Name: 'Storage 1', Drives: [], 'Drives@odata.count': 0, Status: GOOD } }),
  },
  BootOptions: {
    kind: 'BootOption',
    name: 'Boot options',
    members: (serial) => ({
      Boot0000: {
        Name: 'Boot0000',
        BootOptionReference: 'Boot0000',
        Alias: 'Hdd',
        DisplayName: 'Disk',
        BootOptionEnabled: true,
      },
      Boot0001: {
        Name: 'Boot0001',
        BootOptionReference: 'Boot0001',
        Alias: 'Pxe',
        DisplayName: `UEFI PXE IPv4 Network Adapter - ${macOf(serial)}`,
        BootOptionEnabled: true,
      },
      Boot0002: {
        Name: 'Boot0002',
        BootOptionReference: 'Boot0002',
        Alias: 'UefiHttp',
        DisplayName: `UEFI HTTP IPv4 Network Adapter - ${macOf(serial)}`,
        BootOptionEnabled: true,
      },
    }),
  },
}

/** What a system is made of. DSP0268, Processor, Memory, EthernetInterface, Storage, BootOption. */
export const systemPartRoutes: Routes = Object.fromEntries(
  Object.entries(parts).flatMap(([path, part]): [string, Route][] => [
    [`Systems/*/${path}`, (state, [id = '']) => listOf(part, `${path}`, state.host(id))],
    [
      `Systems/*/${path}/*`,
      (state, [id = '', member = '']) => {
        const host = state.host(id)
        const found = host && own(part.members(host.serialNumber), member)
        return found && { type: typeOf(part.kind), read: () => ({ Id: member, ...found }) }
      },
    ],
  ]),
)

function listOf(part: Part, path: string, host: { readonly path: string; readonly serialNumber: string } | undefined) {
  if (!host) return undefined
  const ids = Object.keys(part.members(host.serialNumber))
  return collection(
    part.kind,
    part.name,
    ids.map((id) => link(`${host.path}/${path}/${id}`)['@odata.id']),
  ) as Resource
}

/** A locally administered address of the serial number. */
function macOf(serial: string): string {
  const bytes = Buffer.from(serial.padStart(5, '0')).subarray(-5)
  return ['02', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':').toUpperCase()
}
