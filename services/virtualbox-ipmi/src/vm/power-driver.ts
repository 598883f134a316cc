import { randomUUID } from 'node:crypto'
import { type Call, type Described, PowerbusError, type PowerConnection, type PowerDriver } from '@powerbus/plugin-sdk'
import type { Vm } from '../hypervisor/vm.ts'
import { asSet } from './boot-changes.ts'
import { isOverrideDevice } from './boot-order.ts'
import { powerStateOf } from './power-state.ts'
import type { VmPower } from './vm-power.ts'

/** A power driver that remembers its last read of the boot device. */
export interface VmDriver extends PowerDriver {
  /** Whether the boot order was still to follow when the boot device was last read. */
  readonly isBootPending: () => boolean
}

/** A connection that reads a VM, and nothing else. */
export interface VmReading extends PowerConnection {
  readonly vm: (call: Call) => Promise<Vm>
}

/** Reads one VM at once. Its key is its own, so that a read does not wait for a command that takes long. */
export function vmReader(power: VmPower, id: string): PowerDriver<VmReading> {
  return {
    ...vmDriver(power, id),
    key: `state of vm ${id}`,
    open: async () => ({ vm: (call) => power.look(id, call) }),
  }
}

/** The driver of one VM for one action. `id`: upper case. */
export function vmDriver(power: VmPower, id: string): VmDriver {
  const token = randomUUID()
  let isPending = false
  const vmOf = (call: Call) => power.get(id, call)
  return {
    key: `vm ${id}`,
    service: 'virtualbox-ipmi',
    mode: power.context.hypervisor.name,
    open: async () => ({
      status: async (call) => powerStateOf(await vmOf(call)),
      on: (call) => power.on(id, call),
      off: (call) => power.off(id, call),
      soft: (call) => power.soft(id, call),
      cycle: (call) => power.cycle(id, token, call),
      reset: (call) => power.reset(id, token, call),
      async getBoot(call) {
        const vm = await vmOf(call)
        const { override, persistent, pending } = await power.boot.choice(vm, call)
        isPending = pending
        if (!override) return { device: 'none', persistent: false, efi: false, valid: false }
        return { ...override, persistent, valid: true }
      },
      async setBoot({ device, persistent, efi }, call) {
        if (!isOverrideDevice(device))
          throw new PowerbusError(
            'CAPABILITY_UNSUPPORTED',
            `a VM cannot boot from ${device}; choose pxe, disk or cdrom`,
          )
        await power.changeBoot(id, asSet({ device, efi }, persistent), call)
      },
      // The token of this action, so that no other operation's outcome is taken for its own.
      restartMark: async () => token,
      outcomeOf: (_operation, mark, call) => power.outcomeOf(mark, call),
    }),
    isBootPending: () => isPending,
    describe: (operation) => descriptions[operation],
    describeBoot: ({ device, persistent }) =>
      `boot order with ${device} first, ${persistent ? 'from now on' : 'for one boot'}: modifyvm --boot1 ...`,
  }
}

/**
 * The commands for a dry run, in VirtualBox's words; the file backend does the same. `diag` is not offered as an
 * action.
 */
const descriptions: Readonly<Partial<Record<Described, string>>> = {
  status: 'showvminfo --machinereadable: VMState',
  on: 'startvm --type headless',
  off: 'controlvm poweroff',
  cycle: 'controlvm poweroff, then startvm --type headless',
  reset: 'controlvm reset',
  soft: 'controlvm acpipowerbutton',
  getBoot: 'showvminfo --machinereadable: boot1 to boot4, and the override kept with the VM',
}
