import { systemClock } from '@powerbus/plugin-sdk'
import { EmbeddedStore } from '@powerbus/store'
import { KeyedQueue } from '@powerbus/turns'
import { openVirtualBox } from '../../src/hypervisor/virtualbox/virtualbox.ts'
import { Ownership } from '../../src/vm/ownership.ts'
import { VmMaker } from '../../src/vm/vm-maker.ts'
import { VmPower } from '../../src/vm/vm-power.ts'

/**
 * A process that is killed while it makes VMs: `killed-maker.ts STATE-FOLDER (VBOXMANAGE ID)...`, one VM each, of 512
 * MiB.
 */
const [, , folder = '', ...pairs] = process.argv
const store = await EmbeddedStore.open({ folder })
const state = async () => store
const { signal } = new AbortController()
const quiet = () => undefined
const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }
for (let at = 0; at < pairs.length; at += 2) {
  const hypervisor = openVirtualBox({ command: pairs[at] ?? '' })
  const power = new VmPower({ hypervisor, turns: new KeyedQueue(), state, signal, log, clock: systemClock })
  const maker = new VmMaker(power, new Ownership(power.context, 'vms'))
  const spec = { name: 'a', id: pairs[at + 1] ?? '', cpus: 3, memoryMb: 512, vramMb: 16, diskMb: 64 }
  void maker.make(spec, { signal, timeoutMs: 600_000 })
}
await systemClock.sleep(600_000, signal)
