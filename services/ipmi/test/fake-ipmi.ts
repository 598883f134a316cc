import type {
  BmcConnection,
  BmcDriver,
  BmcInfo,
  Drivers,
  Health,
  MediaSlot,
  ResourceKind,
  Target,
} from '@powerbus/bmc-drivers'
import type { BootRequest, BootSetting, PowerState } from '@powerbus/plugin-sdk'

export interface FakeBmc {
  power: PowerState
  boot: BootSetting
  identifySeconds: number | undefined
  target: Target | undefined
  readonly commands: string[]
}

export const info: BmcInfo = {
  Address: '192.0.2.1:623',
  Mode: 'ipmitool',
  DeviceId: 32,
  DeviceRevision: 1,
  Firmware: '1.45',
  IpmiVersion: '2.0',
  ManufacturerId: 674,
  ProductId: 256,
  Guid: null,
  CipherSuite: 17,
}

export const health: Health = {
  Power: 'off',
  Healthy: true,
  SelfTest: 'passed',
  SelfTestDetail: 0,
  Faults: [],
  LastPowerEvents: [],
  RestartCause: null,
  RestorePolicy: 'previous',
  Identify: 'off',
}

const slot: MediaSlot = { Id: 'Cd', MediaTypes: ['CD'], Inserted: false, Image: null }

/** Kinds of resources are read by one method. */
const kinds: readonly string[] = [
  'bios',
  'memory',
  'storage',
  'simpleStorage',
  'processor',
  'networkInterfaces',
  'ethernetInterfaces',
  'secureBoot',
] satisfies readonly ResourceKind[]

/** Drivers of one machine in memory; `without` removes methods. */
export function fakeDrivers(without: readonly (keyof BmcConnection)[] = []): { drivers: Drivers; bmc: FakeBmc } {
  const bmc: FakeBmc = {
    power: 'off',
    boot: { device: 'none', persistent: false, efi: false, valid: false },
    identifySeconds: undefined,
    target: undefined,
    commands: [],
  }
  const does = async <T>(name: string, effect: () => T): Promise<T> => {
    bmc.commands.push(name)
    return effect()
  }
  const turn = (state: PowerState) => () => {
    bmc.power = state
  }
  const connection: BmcConnection = {
    status: () => does('status', () => bmc.power),
    on: () => does('on', turn('on')),
    off: () => does('off', turn('off')),
    soft: () => does('soft', turn('off')),
    reset: () => does('reset', turn('on')),
    diag: () => does('diag', turn('on')),
    cycle: () => does('cycle', turn('on')),
    getBoot: () => does('getBoot', () => bmc.boot),
    setBoot: (request: BootRequest) =>
      does('setBoot', () => {
        bmc.boot = { ...request, valid: true }
      }),
    identify: (seconds) =>
      does('identify', () => {
        bmc.identifySeconds = seconds
      }),
    info: () => does('info', () => info),
    health: () => does('health', () => health),
    acCycle: () => does('acCycle', turn('off')),
    sensors: () => does('sensors', () => []),
    sel: () => does('sel', () => []),
    clearSel: () => does('clearSel', () => undefined),
    fru: () => does('fru', () => []),
    resource: (kind) => does(kind, () => ({ Id: kind })),
    mediaStatus: () => does('mediaStatus', () => [slot]),
    mountMedia: ({ url }) =>
      does('mountMedia', () => ({ Slot: { ...slot, Inserted: true, Image: url }, Verified: true })),
    unmountMedia: () => does('unmountMedia', () => [slot]),
    firmware: () => does('firmware', () => [{ Id: 'BIOS' }]),
    resetBios: () => does('resetBios', () => undefined),
    mockup: () => does('mockup', () => ({ '/redfish/v1': {} })),
    consoleFacts: () => does('consoleFacts', () => ({})),
  }
  for (const method of without) delete connection[method]
  const driver: BmcDriver = {
    key: '192.0.2.1:623',
    service: 'ipmi',
    mode: 'ipmitool',
    open: async () => connection,
    describe: (operation) => {
      const method = kinds.includes(operation) ? 'resource' : (operation as keyof BmcConnection)
      return connection[method] && `send ${operation}`
    },
    ...(connection.setBoot && { describeBoot: ({ device }) => `send boot ${device}` }),
  }
  const drivers: Drivers = {
    driver: async (_mode, target) => {
      bmc.target = target
      return driver
    },
    metrics: () => [],
    close: async () => {
      bmc.commands.push('close')
    },
  }
  return { drivers, bmc }
}
