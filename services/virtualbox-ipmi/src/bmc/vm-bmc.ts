import { randomBytes } from 'node:crypto'
import { BootDevice, type BootFlags, createBmc, noBootFlags, systemClock } from 'node-ipmi/bmc'
import type { BmcSettings } from '../settings.ts'
import type { BootChoice } from '../vm/boot-keeper.ts'
import { VmChassis, type VmChassisOptions } from './vm-chassis.ts'

export type VmBmc = ReturnType<typeof createVmBmc>

/** The emulated BMC of a VM, whose boot flags begin with the VM's override. */
export function createVmBmc(options: VmChassisOptions, choice: BootChoice, settings: BmcSettings) {
  const { power, vm } = options
  const { forMs } = choice
  const flags = flagsOf(choice)
  const chassis = new VmChassis(options, flags, forMs)
  const bmc = createBmc({
    chassis,
    users: [{ name: settings.username, password: settings.password.reveal() }],
    guid: vm.id,
    inventory: {
      manufacturer: 'Powerbus',
      product: `${power.context.hypervisor.name} VM`,
      partNumber: vm.name,
      serialNumber: vm.id,
    },
    ...(flags && { bootFlags: flags }),
    ...(forMs !== undefined && { bootFlagsForMs: forMs }),
    clock: systemClock,
    random: randomBytes,
    onChassisError: (error) =>
      power.context.log.warn('an emulated BMC cannot read its VM', { vm: vm.name, reason: String(error) }),
  })
  return { bmc, chassis }
}

/** The VM's override as boot flags, no matter who set it. */
function flagsOf({ override, persistent }: BootChoice): BootFlags | undefined {
  if (!override) return undefined
  const { device, efi } = override
  return { ...noBootFlags, valid: true, persistent, efi, device: BootDevice[device] }
}
