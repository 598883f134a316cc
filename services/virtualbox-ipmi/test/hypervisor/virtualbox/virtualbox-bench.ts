import { randomUUID } from 'node:crypto'
import type { Call } from '@powerbus/plugin-sdk'
import { type FakeVBoxManage, type FakeVBoxManageOptions, fakeVBoxManage, type TestScope } from '@powerbus/testkit'
import type { Hypervisor } from '../../../src/hypervisor/hypervisor.ts'
import { openVirtualBox } from '../../../src/hypervisor/virtualbox/virtualbox.ts'
import type { VmSpec } from '../../../src/hypervisor/vm.ts'

export const call: Call = { signal: new AbortController().signal, timeoutMs: 30_000 }
/** Id of the foreign VM that every bench has. */
export const FOREIGN_ID = '3F2B6A1E-0000-4000-8000-00000000000A'
export const newSpec = (): VmSpec => ({
  id: randomUUID().toUpperCase(),
  name: 'a new one',
  cpus: 2,
  memoryMb: 2048,
  vramMb: 128,
  diskMb: 20_480,
})

export interface VirtualBoxBench {
  readonly fake: FakeVBoxManage
  readonly hypervisor: Hypervisor
}

/** VirtualBox over a fake VBoxManage that has one foreign VM, powered off. */
export function openBench(scope: TestScope, options: FakeVBoxManageOptions = {}): VirtualBoxBench {
  const fake = fakeVBoxManage(scope, options)
  fake.add({ id: FOREIGN_ID, name: 'foreign "one" {x}' })
  const hypervisor = openVirtualBox({ environment: fake.environment })
  scope.teardown(() => hypervisor.close())
  return { fake, hypervisor }
}
