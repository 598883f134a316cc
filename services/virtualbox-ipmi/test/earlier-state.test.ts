import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '@powerbus/store'
import { type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { openFileHypervisor } from '../src/hypervisor/file/file-hypervisor.ts'
import { openHostBench } from './host-bench.ts'
import { call } from './vm-bench.ts'

/**
 * Written by the plugin as it was before VMs had one turn: its keys in the store, the files of its VMs, the endpoint's
 * machines.
 */
interface Written {
  readonly entries: Readonly<Record<string, Json>>
  readonly vms: readonly { readonly id: string; readonly name: string }[]
  readonly machines: readonly { readonly Name: string }[]
}

const written: Written = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'state-of-0-1.json'), 'utf8'))
const id = (name: string) => written.vms.find((vm) => vm.name === name)?.id ?? ''

async function startAgain(t: TestScope) {
  const bench = await openHostBench(t)
  const folder = join(tempFolder(t), 'vms')
  mkdirSync(folder)
  for (const vm of written.vms) writeFileSync(join(folder, `${vm.id.toLowerCase()}.json`), JSON.stringify(vm))
  const store = await bench.state()
  for (const [key, value] of Object.entries(written.entries)) await store.set(key, value)
  for (const machine of written.machines) bench.endpoint.add(machine)
  const hypervisor = await openFileHypervisor({ folder, times: { startMs: 5, stopMs: 5, destroyMs: 1 } })
  const host = await bench.start({ hypervisor, settings: { bmc: { ...bench.bmc, basePort: 46_230 } } })
  return { ...bench, hypervisor, host, store }
}

test('the state of an earlier version still works', async (t) => {
  const { host, hypervisor, endpoint } = await startAgain(t)

  await t.test('VMs keep their owners', async (t) => {
    t.equal(await host.maker.originOf(id('made'), call()), 'ours')
    t.equal(await host.maker.originOf(id('found'), call()), 'foreign')
    t.equal(await host.maker.phase(id('found')), 'adopted')
  })

  await t.test('a cycle that was cut off between off and on is finished', async (t) => {
    const isOn = async () => (await hypervisor.get(id('cycled'), call())).state === 'running'
    await waitUntil('the VM to be on', isOn)
    t.equal(await host.power.outcomeOf('token-of-a-cycle', call()), 'done')
    t.equal(await host.power.outcomeOf('token-of-a-reset', call()), 'done')
  })

  await t.test('boot devices are kept, for one boot and for all', async (t) => {
    const choice = async (name: string) => host.power.boot.choice(await hypervisor.get(id(name), call()), call())
    t.match(await choice('made'), { override: { device: 'cdrom', efi: false }, persistent: false, pending: false })
    t.match(await choice('cycled'), { override: { device: 'disk', efi: true }, persistent: true })
  })

  await t.test('a half-made VM is removed, and a destroyed one is not made again', async (t) => {
    const names = (await hypervisor.list(call())).vms.map(({ name }) => name)
    t.same(names.sort(), ['cycled', 'found', 'made'])
    t.ok(endpoint.named('destroyed'), 'its machine stays')
  })

  await t.test('emulated BMCs keep their places', async (t) => {
    for (const name of ['found', 'made', 'cycled']) {
      const { port } = written.entries[`bmc/${id(name)}`] as { readonly port: number }
      t.equal(endpoint.named(name)?.Params['ipmi/port-ipmitool'], port, name)
    }
  })
})
