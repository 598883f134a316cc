import { randomUUID } from 'node:crypto'
import type { Call } from '@powerbus/plugin-sdk'
import { openFileHypervisor } from '../../../src/hypervisor/file/file-hypervisor.ts'

/** A process that is killed in the middle of a change: `killed-hypervisor.ts FOLDER start|create|destroy`. */
const [, , folder = '', step] = process.argv
const call: Call = { signal: new AbortController().signal, timeoutMs: 120_000 }
const long = 60_000
const times = { createMs: step === 'create' ? long : 1, startMs: long, destroyMs: long }
const hypervisor = await openFileHypervisor({ folder, times })
const id = randomUUID()
const spec = { name: `${step} ${id}`, id, cpus: 1, memoryMb: 64, vramMb: 8, diskMb: 8 }

/** Prints the id as soon as the VM is in the state in which it is to be killed. */
async function tell(state: string): Promise<void> {
  for (;;) {
    const { vms } = await hypervisor.list(call)
    if (vms.length > 0 && vms.some((vm) => vm.id === id.toUpperCase())) {
      if ((await hypervisor.get(id, call)).state === state) break
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  process.stdout.write(`DOING ${id.toUpperCase()}\n`)
}

const created = hypervisor.create(spec, call)
if (step === 'create') {
  await Promise.all([created, tell('settingup')])
} else {
  await created
  if (step === 'start') {
    await hypervisor.start(id, call)
    await tell('starting')
    await new Promise((resolve) => setTimeout(resolve, long))
  } else {
    await Promise.all([hypervisor.destroy(id, call), tell('deleting')])
  }
}
