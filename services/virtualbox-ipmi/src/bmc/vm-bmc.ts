import { randomBytes } from 'node:crypto'
import type { Logger } from '@powerbus/plugin-sdk'
import { type Bmc, BootDevice, type BootFlags, createBmc, noBootFlags, systemClock } from 'node-ipmi/bmc'
import type { Vm } from '../hypervisor/vm.ts'
import type { BmcSettings } from '../settings.ts'
import type { BootChoice } from '../vm/boot-keeper.ts'
import type { VmPower } from '../vm/vm-power.ts'
import { VmChassis } from './vm-chassis.ts'

export interface VmBmcOptions {
  readonly settings: BmcSettings
  readonly power: VmPower
  readonly log: Logger
  /** Called when an accepted command has failed at the VM. */
  readonly onFailure: () => void
}

export interface VmBmc {
  readonly bmc: Bmc
  readonly chassis: VmChassis
}

/** The emulated BMC of a VM, whose boot flags begin with the VM's override. `signal`: aborted when the BMC ends. */
export function createVmBmc(vm: Vm, choice: BootChoice, signal: AbortSignal, options: VmBmcOptions): VmBmc {
  const { settings, power, log, onFailure } = options
  const { forMs } = choice
  const flags = flagsOf(choice)
  const chassisOptions = {
    power,
    id: vm.id,
    signal,
    onFailure: (what: string, error: unknown) => {
      onFailure()
      const text = signal.aborted
        ? 'a command that an emulated BMC had accepted was given up'
        : 'a command to an emulated BMC failed at its VM'
      log.error(text, { vm: vm.name, what, reason: reasonOf(error) })
    },
    onUnable: (what: string) =>
      log.warn('a console requested what a VM does not support from its BMC', { vm: vm.name, what }),
  }
  const chassis = new VmChassis(chassisOptions, flags, forMs)
  const bmc = createBmc({
    chassis,
    users: [{ name: settings.username, password: settings.password.reveal() }],
    guid: vm.id,
    inventory: {
      manufacturer: 'Powerbus',
      product: `${power.hypervisor.name} VM`,
      partNumber: vm.name,
      serialNumber: vm.id,
    },
    ...(flags && { bootFlags: flags }),
    ...(forMs !== undefined && { bootFlagsForMs: forMs }),
    clock: systemClock,
    random: randomBytes,
    onChassisError: (error) => log.warn('an emulated BMC cannot read its VM', { vm: vm.name, reason: reasonOf(error) }),
  })
  return { bmc, chassis }
}

/** The VM's override as boot flags, no matter who set it. */
function flagsOf({ override, persistent }: BootChoice): BootFlags | undefined {
  if (!override) return undefined
  const { device, efi } = override
  return { ...noBootFlags, valid: true, persistent, efi, device: BootDevice[device] }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
