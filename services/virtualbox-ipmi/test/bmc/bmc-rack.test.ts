import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { runIpmiPower, runIpmiTool, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { asSet } from '../../src/vm/boot-changes.ts'
import { call } from '../vm-bench.ts'
import { login, openOneBmc, openRackBench } from './rack-bench.ts'

test('ipmitool powers a VM on and off, cycles, resets and shuts it down', async (t) => {
  const { tool, becomes, hypervisor } = await openOneBmc(t)
  t.match(await tool('chassis', 'power', 'status'), /off/)
  await t.rejects(tool('chassis', 'power', 'cycle'), 'it is off')
  await tool('chassis', 'power', 'on')
  await becomes('running')
  t.match(await tool('chassis', 'power', 'status'), /on/)
  await tool('chassis', 'power', 'cycle')
  await waitUntil('the cycle', () => hypervisor.done.length === 3)
  await becomes('running')
  await tool('chassis', 'power', 'reset')
  await waitUntil('the reset', () => hypervisor.done.length === 4)
  await tool('chassis', 'power', 'soft')
  await becomes('poweredoff')
  await tool('chassis', 'power', 'on')
  await becomes('running')
  await tool('chassis', 'power', 'off')
  await becomes('poweredoff')
  t.same(hypervisor.done, ['start a net', 'off a', 'start a net', 'reset a', 'acpi a', 'start a net', 'off a'])
})

test('boot devices set by ipmitool reach the boot order, for one boot or for all', async (t) => {
  const { tool, becomes, hypervisor, vm } = await openOneBmc(t)
  hypervisor.set(vm.id, { bootOrder: ['disk', 'net', 'none', 'none'] })
  const starts = () => hypervisor.done.filter((line) => line.startsWith('start'))
  await tool('chassis', 'bootdev', 'pxe')
  await waitUntil('the order', () => hypervisor.vm(vm.id).bootOrder[0] === 'net')
  await tool('chassis', 'power', 'on')
  await becomes('running')
  await tool('chassis', 'power', 'cycle')
  await waitUntil('the second start', () => starts().length === 2)
  await becomes('running')
  t.same(starts(), ['start a net', 'start a disk'])

  await tool('chassis', 'bootdev', 'cdrom')
  await tool('chassis', 'power', 'reset')
  await waitUntil('off and on, since a reset alone cannot change the order', () => starts().length === 3)
  await becomes('running')
  t.equal(starts().at(-1), 'start a dvd')

  await tool('chassis', 'bootdev', 'pxe', 'options=persistent')
  for (let cycle = 0; cycle < 2; cycle++) {
    const before = starts().length
    await tool('chassis', 'power', 'cycle')
    await waitUntil('a start', () => starts().length === before + 1)
    await becomes('running')
    t.equal(starts().at(-1), 'start a net')
  }
  t.match(await tool('chassis', 'bootparam', 'get', '5'), /PXE/)
  await tool('chassis', 'bootdev', 'none')
  await tool('chassis', 'power', 'off')
  await becomes('poweredoff')
  await waitUntil('its own order', () => hypervisor.vm(vm.id).bootOrder.join() === 'disk,net,none,none')
})

test('ipmipower powers a VM, and ipmitool reads its FRU and GUID', async (t) => {
  const { target, becomes, tool, vm } = await openOneBmc(t)
  t.match((await runIpmiPower(target, ['--stat'])).stdout, /off/)
  t.match((await runIpmiPower(target, ['--on', '--wait-until-on'])).stdout, /ok|on/)
  await becomes('running')
  t.match((await runIpmiPower(target, ['--cycle'])).stdout, /ok/)
  t.match((await runIpmiPower(target, ['--off', '--wait-until-off'])).stdout, /ok|off/)
  await becomes('poweredoff')
  t.match(await tool('mc', 'guid', 'ipmi'), new RegExp(vm.id, 'i'))
  t.match(await tool('fru', 'print'), new RegExp(vm.id, 'i'))
  await tool('mc', 'info')
  await tool('sdr', 'list')
  await tool('sel', 'info')
  await tool('chassis', 'identify', '5')
  const wrong = await runIpmiTool({ ...target, password: 'wrong' }, ['chassis', 'power', 'on'])
  t.not(wrong.code, 0)
})

test('a command that fails at the VM is counted, and the power state stays true', async (t) => {
  const { tool, hypervisor, becomes, vm, target, failures } = await openOneBmc(t)
  hypervisor.failures.push({ method: 'start', code: 'TARGET_UNREACHABLE', times: 1 })
  await tool('chassis', 'power', 'on')
  await waitUntil('the failure', () => failures() === 1)
  t.match(await tool('chassis', 'power', 'status'), /off/)
  await tool('chassis', 'power', 'on')
  await becomes('running')
  hypervisor.set(vm.id, { state: 'inaccessible' })
  const isRefused = async () => (await runIpmiTool(target, ['chassis', 'power', 'status'])).code !== 0
  await waitUntil('what was read of it before to be old', isRefused)
})

test('boot flags of an action or an earlier run hold until the VM has booted', async (t) => {
  const { power, open, vms, hypervisor } = await openRackBench(t)
  const [vm] = vms
  if (!vm) throw new Error('there is no VM')
  await power.changeBoot(vm.id, asSet({ device: 'pxe', efi: true }, false), call())
  const target = { ...login, ...(await open().start(hypervisor.vm(vm.id), call())) }
  const flags = async () => (await runIpmiTool(target, ['chassis', 'bootparam', 'get', '5'])).stdout
  t.match(await flags(), /Force PXE/)
  await power.on(vm.id, call())
  t.match(await flags(), /Boot Flag Invalid/, 'used up by a start that no console asked for')
})

test('each VM keeps its own port, and ports in use are skipped', async (t) => {
  const taken = createSocket('udp4')
  t.teardown(() => taken.close())
  taken.bind(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port: takenPort } = taken.address()
  const { open, vms, hypervisor } = await openRackBench(t, { names: ['a', 'b', 'c'], basePort: takenPort - 1 })
  const first = open()
  const ports = []
  for (const vm of vms) ports.push((await first.start(vm, call())).port)
  t.notOk(ports.includes(takenPort))
  t.ok(
    ports.some((port) => port > takenPort),
    'the search went on behind it',
  )
  t.equal(new Set(ports).size, 3)
  await first.close()

  const again = open()
  const kept = []
  for (const vm of vms.toReversed()) kept.unshift((await again.start(vm, call())).port)
  t.same(kept, ports, 'in whatever order they come')
  await again.remove(vms[0]?.id ?? '')
  t.same(again.ids.length, 2)
  const fresh = hypervisor.add({ name: 'd' })
  t.equal((await again.start(fresh, call())).port, ports[0], 'the place of one that is gone is free')
})

test('a VM whose boot record has no answer delays neither other BMCs nor close', async (t) => {
  const { open, vms, hypervisor } = await openRackBench(t, { names: ['a', 'b'] })
  const [a, b] = vms
  if (!a || !b) throw new Error('there is no VM')
  hypervisor.hangs = (method, id) => method === 'getExtra' && id === a.id
  const rack = open()
  const given = new AbortController()
  const starting = t.rejects(rack.start(a, { signal: given.signal, timeoutMs: 60_000 }))
  await within('the other', rack.start(b, call()))
  await within('the end', rack.close())
  given.abort()
  await starting
})

test('a BMC at ::1 answers, and keeps its place', async (t) => {
  const { open, vms, power } = await openRackBench(t, { address: '::1' })
  const [vm] = vms
  if (!vm) throw new Error('there is no VM')
  const rack = open()
  const place = await rack.start(vm, call())
  t.equal(place.address, '::1')
  await power.on(vm.id, call())
  t.match((await runIpmiTool({ ...login, ...place, cipherSuite: 17 }, ['chassis', 'power', 'status'])).stdout, /on/)
  await rack.close()
  t.same(await open().start(vm, call()), place)
})

test('a place that the host does not have is said to be the reason', async (t) => {
  const { open, vms } = await openRackBench(t, { address: '192.0.2.7', spread: 'address' })
  const [vm] = vms
  if (!vm) throw new Error('there is no VM')
  await t.rejects(open().start(vm, call()), { code: 'TARGET_STATE', message: /192\.0\.2\.7/ })
})

test('ipmitool resets a VM that is paused or stuck by off and on, and its soft shutdown is refused with D5h', async (t) => {
  const { tool, becomes, hypervisor, vm, target, failures } = await openOneBmc(t)
  for (const state of ['paused', 'stuck']) {
    hypervisor.set(vm.id, { state })
    hypervisor.done.length = 0
    const { code, stderr } = await runIpmiTool(target, ['chassis', 'power', 'soft'])
    t.not(code, 0)
    t.match(stderr, /not supported in present state/i)
    await tool('chassis', 'power', 'reset')
    await becomes('running')
    t.same(hypervisor.done, ['off a', 'start a net'])
  }
  hypervisor.set(vm.id, { state: 'teleported' })
  const isOff = async () => /is off/.test(await tool('chassis', 'power', 'status'))
  await waitUntil('what was read before to be old', isOff)
  await t.rejects(tool('chassis', 'power', 'reset'), 'it is off')
  t.equal(failures(), 0)
})
