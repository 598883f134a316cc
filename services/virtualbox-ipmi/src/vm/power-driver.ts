import { randomUUID } from 'node:crypto'
import { type Call, type Described, PowerbusError, type PowerDriver } from '@powerbus/plugin-sdk'
import { asSet } from './boot-changes.ts'
import { isOverrideDevice } from './boot-order.ts'
import { powerStateOf } from './power-state.ts'
import type { VmPower } from './vm-power.ts'

/** Knows, beside what power drivers do, what it read last of the VM's boot device. */
export interface VmDriver extends PowerDriver {
  /** The boot order was not what it must be when the boot device was read last. */
  readonly isBootPending: () => boolean
}

/** One VM for one action. `id`: its UUID in upper case. */
export function vmDriver(power: VmPower, id: string): VmDriver {
  const { hypervisor } = power
  const token = randomUUID()
  let isPending = false
  const vmOf = (call: Call) => power.get(id, call)
  return {
    key: `vm ${id}`,
    service: 'virtualbox-ipmi',
    mode: hypervisor.name,
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
          throw new PowerbusError('CAPABILITY_UNSUPPORTED', `a VM cannot be told to boot from ${device}`)
        await power.changeBoot(id, asSet({ device, efi }, persistent), call)
      },
      // The operation's own name: what became of it is asked by that, and no other's outcome is taken for it.
      restartMark: async () => token,
      outcomeOf: (_operation, mark, call) => power.outcomeOf(mark, call),
    }),
    isBootPending: () => isPending,
    describe: (operation) => descriptions[operation],
    describeBoot: ({ device, persistent }) =>
      `boot order with ${device} first, ${persistent ? 'from now on' : 'for one boot'}: modifyvm --boot1 ...`,
  }
}

/** What is done, in VirtualBox's words; the backend file does the same to its VMs. A VM takes no diagnostic interrupt. */
const descriptions: Readonly<Partial<Record<Described, string>>> = {
  status: 'showvminfo --machinereadable: VMState',
  on: 'startvm --type headless',
  off: 'controlvm poweroff',
  cycle: 'controlvm poweroff, then startvm --type headless',
  reset: 'controlvm reset',
  soft: 'controlvm acpipowerbutton',
  getBoot: 'showvminfo --machinereadable: boot1 to boot4, and what is kept for the next boot',
}
