import type { Machine } from '@powerbus/drp'
import type { VmListing } from '../hypervisor/vm.ts'
import { vmIdOf } from './vm-machines.ts'

/** A VM that no machine stands for, and the machine that is to get one of the same name. */
export interface Stray extends VmListing {
  readonly machine: Machine
}

/**
 * VMs that are in the way: their machine was deleted while nobody listened, and made again. VirtualBox's may hold somebody's work and are left;
 * in VMs that are files nothing runs.
 */
export function straysOf(
  vms: readonly VmListing[],
  machines: readonly Machine[],
  missing: readonly Machine[],
): Stray[] {
  const stoodFor = new Set(machines.map(vmIdOf))
  const wanting = new Map(missing.map((machine) => [machine.Name, machine]))
  return vms.flatMap((vm) => {
    const machine = wanting.get(vm.name)
    return machine && !stoodFor.has(vm.id) ? [{ ...vm, machine }] : []
  })
}
