import type { JsonObject } from './json-value.ts'
import type { Quirks } from './quirks.ts'

/** Values of ResetType. DSP0268, Resource. */
export type ResetType =
  | 'On'
  | 'ForceOn'
  | 'ForceOff'
  | 'GracefulShutdown'
  | 'GracefulRestart'
  | 'ForceRestart'
  | 'PowerCycle'
  | 'FullPowerCycle'
  | 'Nmi'
  | 'PushPowerButton'

export interface MediaSlot {
  readonly id: string
  readonly mediaTypes: readonly string[]
  /** False: the slot is for the remote console only. */
  readonly hasActions: boolean
}

/** The vendor's way to cut standby power. */
export interface StandbyCut {
  /** Where the action hangs: at the system, or at the chassis of this id. */
  readonly at: 'system' | { readonly chassis: string }
  /** Key in `Actions.Oem`, with its #. */
  readonly action: string
  /** Path of the action below its resource, `Actions/…`. */
  readonly path: string
  readonly resetType: string
  /** A type that does not ask for a machine that is off. */
  readonly forcedType?: string
  /** The machine must be off, else 400 ChassisPowerStateOffRequired. */
  readonly needsOff: boolean
}

/** What the BMCs of a vendor look like. Data only: what they do that others do not is in `quirks`. */
export interface Personality {
  /** Service root. */
  readonly vendor?: string
  readonly product?: string
  readonly rootOem?: JsonObject
  /** Id of the only system, and of further ones by their number. */
  readonly systemId: string
  readonly managerId: string
  readonly chassisId: string
  /** Systems that are no hosts, listed before the host. */
  readonly baseboards: readonly string[]
  /** Chassis besides the one of the host. */
  readonly moreChassis: readonly string[]
  /** No Systems in the service root. */
  readonly hasNoSystems: boolean
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly resetTypes: readonly ResetType[]
  readonly managerResetTypes: readonly string[]
  readonly bootTargets: readonly string[]
  /** Empty: the system has no BootSourceOverrideMode. */
  readonly bootModes: readonly string[]
  /** `both`: the same drives at the manager too, where older clients look. */
  readonly mediaAt: 'manager' | 'system' | 'both'
  readonly media: readonly MediaSlot[]
  /** Path of the system's settings resource, below the system; absent: there is none. */
  readonly systemSettings?: string
  /** Path of the pending BIOS settings, below the system. */
  readonly biosSettings: string
  readonly biosAttributes: Readonly<Record<string, string | number | boolean>>
  readonly standbyCut?: StandbyCut
  readonly quirks: Partial<Quirks>
}

export const standard: Personality = {
  systemId: '1',
  managerId: '1',
  chassisId: '1',
  baseboards: [],
  moreChassis: [],
  hasNoSystems: false,
  manufacturer: 'Powerbus',
  model: 'Emulated machine',
  firmware: '1.0.0',
  resetTypes: [
    'On',
    'ForceOn',
    'ForceOff',
    'GracefulShutdown',
    'GracefulRestart',
    'ForceRestart',
    'PowerCycle',
    'Nmi',
    'PushPowerButton',
  ],
  managerResetTypes: ['GracefulRestart', 'ForceRestart'],
  bootTargets: ['None', 'Pxe', 'Floppy', 'Cd', 'Usb', 'Hdd', 'BiosSetup', 'Diags', 'UefiHttp', 'RemoteDrive'],
  bootModes: ['UEFI', 'Legacy'],
  mediaAt: 'both',
  media: [
    { id: 'Cd', mediaTypes: ['CD', 'DVD'], hasActions: true },
    { id: 'Usb', mediaTypes: ['USBStick'], hasActions: true },
  ],
  biosSettings: 'Bios/Settings',
  biosAttributes: { BootMode: 'Uefi', SerialConsole: true, NetworkBoot: 'Enabled', BootRetries: 3 },
  quirks: {},
}
