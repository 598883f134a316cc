import type { BootChoice, BootDeviceName, ManagedMachine } from './managed-machine.ts'
import type { Changes } from './patch.ts'
import type { Personality } from './personality.ts'
import type { Quirks } from './quirks.ts'
import { Refusal, refused } from './refusal.ts'
import { message } from './service-message.ts'

/** Targets by the device that the machine is told. IPMI has no device for UefiHttp: the machine boots by network. */
const deviceOf: Readonly<Record<string, BootDeviceName>> = {
  None: 'none',
  Pxe: 'pxe',
  UefiHttp: 'pxe',
  Hdd: 'disk',
  Cd: 'cdrom',
  UsbCd: 'cdrom',
  Diags: 'diagnosticPartition',
  BiosSetup: 'bios',
  Floppy: 'remoteFloppy',
  Usb: 'floppy',
  RemoteDrive: 'remoteDisk',
}

const targetOf: Readonly<Partial<Record<BootDeviceName, string>>> = {
  pxe: 'Pxe',
  disk: 'Hdd',
  cdrom: 'Cd',
  remoteCdrom: 'Cd',
  diagnosticPartition: 'Diags',
  bios: 'BiosSetup',
  remoteFloppy: 'Floppy',
  floppy: 'Usb',
  remoteDisk: 'RemoteDrive',
  safeMode: 'Hdd',
  primaryRemoteMedia: 'RemoteDrive',
}

export interface BootState {
  readonly target: string
  readonly enabled: 'Disabled' | 'Once' | 'Continuous'
  readonly mode: string
  readonly httpBootUri: string | null
}

/** The boot override and the boot order of one system. */
export class HostBoot {
  readonly #machine: ManagedMachine
  readonly #quirks: Quirks
  readonly #modes: readonly string[]
  /** Target that the machine's choice does not tell, and the choice with which it was set. */
  #named: { readonly target: string; readonly choice: BootChoice } | undefined
  #mode: string
  #httpBootUri: string | null = null
  #order: readonly string[] = ['Boot0000', 'Boot0001', 'Boot0002']
  /** The order that reads while the BMC is locked down. */
  #shownOrder: readonly string[] | undefined

  constructor(machine: ManagedMachine, quirks: Quirks, { bootModes }: Personality) {
    this.#machine = machine
    this.#quirks = quirks
    this.#modes = bootModes
    this.#mode = bootModes[0] ?? 'UEFI'
  }

  get state(): BootState {
    const choice = this.#machine.bootChoice()
    const httpBootUri = this.#httpBootUri
    if (!choice || choice.device === 'none')
      return { target: 'None', enabled: 'Disabled', mode: this.#mode, httpBootUri }
    const isPersistent = choice.persistent || this.#quirks.onceReadsContinuous
    const mode = this.#modes.length === 0 ? this.#mode : choice.efi ? 'UEFI' : 'Legacy'
    const named = this.#named && isSame(this.#named.choice, choice) ? this.#named.target : undefined
    const target = named ?? targetOf[choice.device] ?? 'None'
    return { target, enabled: isPersistent ? 'Continuous' : 'Once', mode, httpBootUri }
  }

  get order(): readonly string[] {
    if (!this.#quirks.lockdown) this.#shownOrder = this.#order
    return this.#shownOrder ?? this.#order
  }

  setOrder(order: readonly string[]): void {
    this.#shownOrder = this.order
    this.#order = order
  }

  /** Sets what the changes name. Throws a Refusal where they contradict each other or the BMC cannot take them. */
  async change(changes: Changes): Promise<void> {
    const missing = this.#quirks.bootNeeds.filter((name) => !changes.has(`Boot.${name}`))
    if (missing.length > 0)
      throw new Refusal(
        400,
        missing.map((name) => message('PropertyMissing', [`Boot/${name}`], [`Boot.${name}`])),
      )
    const { target, enabled, mode } = this.#wanted(changes)
    const uri = changes.get('Boot.HttpBootUri')
    if (this.#quirks.dropsOverride) return
    if (uri !== undefined) this.#httpBootUri = uri as string | null
    this.#mode = mode
    if (enabled === 'Disabled' || target === 'None') return await this.#machine.chooseBoot(undefined)
    const device = deviceOf[target] ?? 'none'
    const choice: BootChoice = { device, efi: mode === 'UEFI', persistent: enabled === 'Continuous' }
    await this.#machine.chooseBoot(choice)
    this.#named = { target, choice }
  }

  #wanted(changes: Changes) {
    const present = this.state
    const mode = (changes.get('Boot.BootSourceOverrideMode') ?? present.mode) as string
    const target = (changes.get('Boot.BootSourceOverrideTarget') ?? present.target) as string
    const given = changes.get('Boot.BootSourceOverrideEnabled') as BootState['enabled'] | undefined
    if (given === 'Continuous' && this.#quirks.noContinuous)
      throw refused(400, 'PropertyValueNotInList', given, 'Boot/BootSourceOverrideEnabled')
    if (given !== undefined && given !== 'Disabled' && target === 'None')
      throw refused(400, 'PropertyValueConflict', 'Boot/BootSourceOverrideEnabled', 'Boot/BootSourceOverrideTarget')
    // A target by itself takes effect at the next boot, as BMCs do that keep the rest.
    const enabled = given ?? (present.enabled === 'Disabled' ? 'Once' : present.enabled)
    return { target, mode, enabled: given ?? (target === 'None' ? 'Disabled' : enabled) }
  }
}

function isSame(a: BootChoice, b: BootChoice): boolean {
  return a.device === b.device && a.efi === b.efi && a.persistent === b.persistent
}
