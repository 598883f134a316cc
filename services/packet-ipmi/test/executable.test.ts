import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle } from '@powerbus/drp'
import { bundleProblems } from '@powerbus/drp/bundle-conformance'
import { builtExecutable, startBuiltEndpoint, startFaultyMetalApi, tempFolder, waitUntil } from '@powerbus/testkit'
import { t, test } from 'tap'
import { parse } from 'yaml'
import { configOf, launchConfigured } from './fixtures/launched.ts'

// Long enough for a loaded machine.
t.setTimeout(500_000)
// Most of the time of both tests is waiting for the plugin's polls.
t.jobs = 2

const times = {
  queuedMs: 50,
  provisioningMs: 250,
  addressesMs: 100,
  portsMs: 200,
  powerOnMs: 300,
  powerOffMs: 200,
  deprovisionMs: 50,
}
const limits = { timeoutMs: 90_000, intervalMs: 100 }
const Params = { 'machine-plugin': 'packet-ipmi' }

test('the built executable does every command and both events over its sockets', {
  timeout: 300_000,
  buffered: true,
}, async (t) => {
  const executable = builtExecutable('plugins/packet-ipmi')
  const endpoint = await startBuiltEndpoint(t, tempFolder(t), tempFolder(t))
  const { drp } = endpoint
  const api = await startFaultyMetalApi(t, { times })
  const plugin = await launchConfigured(t, { executable, endpoint, api, stateDir: tempFolder(t) })
  const run = (command: string, model: Readonly<Record<string, unknown>>, params: object = {}) =>
    plugin.act(command, { 'power/min-gap': 0, ...params }, { model, timeoutMs: 120_000 })
  const key = { 'packet/api-key': api.apiKey }
  const onPlugin = (Command: string, params: object = {}) =>
    run(Command, { Name: 'packet-ipmi' }, { ...key, ...params })
  const device = (id: unknown) => api.devices().find((found) => found.id === id)
  const stateOf = (id: unknown) => {
    const found = device(id)
    return found && api.stateOf(found)
  }

  await t.test('the bundle has the profile, the stages, their tasks and the workflow', async (t) => {
    const bundle = decodeContentBundle(parse(String(plugin.manifest.Content)))
    const { sections } = bundle
    t.match(sections.profiles, { 'packet-console': { Params: { 'kernel-console': 'console=ttyS1,115200' } } })
    t.same(Object.keys(sections.stages ?? {}), ['packet-discover', 'packet-ssh-keys'])
    t.same(Object.keys(sections.workflows ?? {}), ['discover-packet'])
    t.equal(sections.params['packet/api-key']?.Secure, true)
    const ofEndpoint = ['stages/discover', 'stages/sledgehammer-wait'].map(
      (name) => `workflows/discover-packet names ${name}`,
    )
    t.same(bundleProblems(bundle), ofEndpoint)
  })

  await t.test('a new machine gets a device, and its deletion deletes the device', async (t) => {
    const { Uuid } = await drp.machines.create({
      Name: 'by-event',
      Params: { ...Params, 'packet/plan': 'c3.small.x86' },
    })
    const told = async () => (await drp.machines.get(Uuid)).Params['packet/uuid']
    const id = await waitUntil('the machine to be told of its device', told, limits)
    const machine = await drp.machines.get(Uuid)
    t.match(machine, { Profiles: ['packet-console'], Address: /^198\.18\./, HardwareAddrs: [/^02:/, /^02:/] })
    t.match(machine.Params, {
      'machine-plugin': 'packet-ipmi',
      'packet/plan': 'c3.small.x86',
      'packet/facility': 'ewr1',
      'packet/project-id': api.projects[0]?.id,
      'packet/sos': `${id}@sos.ewr1.packet.net`,
      'packet/always-pxe': true,
      'packet/ipxe-script-url': 'http://127.0.0.1:9/files/default.ipxe',
    })
    t.match(device(id)?.settings, { hostname: 'by-event', billing_cycle: 'hourly', tags: [new RegExp(Uuid)] })
    t.equal(device(id)?.operatingSystem, 'custom_ipxe')
    t.equal(api.counts.created, 1)
    await drp.machines.delete(Uuid)
    await waitUntil('the device to be gone', () => device(id) === undefined, limits)
    const other = await drp.machines.create({ Name: 'of-nobody', Params: {} })
    t.equal((await drp.machines.get(other.Uuid)).Params['packet/uuid'], undefined)
    t.equal(api.counts.created, 1)
  })

  const made = await onPlugin('createVm', { 'packet/name': 'by-hand' })
  t.match(made, { status: 200, body: { Name: 'by-hand', Progress: [{ Phase: 'planned' }] } })
  const { DeviceId: id, Uuid } = made.body
  t.match(await drp.machines.get(String(Uuid)), { Name: 'by-hand', Params: { 'packet/uuid': id } })
  await waitUntil('the device to be active', () => stateOf(id) === 'active', limits)

  await t.test('the commands on machines work and are verified', async (t) => {
    const machine = { Name: 'by-hand', Uuid }
    const on = (Command: string, params: object = {}) => run(Command, machine, { 'packet/uuid': id, ...params })
    t.match(await on('powerstatus'), { status: 200, body: { Power: 'on', Changed: false } })
    t.match(await on('poweron'), { body: { Power: 'on', Changed: false, Verified: true } })
    t.match(await on('poweroff', { 'power/protected': true }), { status: 409 })
    t.match(await on('poweroff', { 'power/dry-run': true }), { status: 200, body: { DryRun: true } })
    t.equal(stateOf(id), 'active')
    t.match(await on('poweroff'), { body: { Power: 'off', Changed: true, Verified: true } })
    t.equal(stateOf(id), 'inactive')
    t.match(await on('poweron'), { body: { Power: 'on', Changed: true, Verified: true } })
    t.match(await on('nextbootdisk'), { status: 200, body: { BootDevice: 'disk', Persistent: false, Verified: true } })
    t.equal(device(id)?.settings.always_pxe, false)
    t.match(await on('powercycle'), { body: { Power: 'on', Changed: true } })
    await waitUntil('the boot', () => device(id)?.boots.at(-1)?.from === 'disk' && stateOf(id) === 'active', limits)
    t.match(await on('nextbootpxe'), { status: 200, body: { BootDevice: 'pxe', Verified: true } })
    t.equal(device(id)?.settings.always_pxe, true)
    const pxe = { 'packet/ipxe-script-url': 'http://127.0.0.1/other.ipxe', 'packet/always-pxe': false }
    t.match(await on('updatepxe', pxe), { body: { AlwaysPxe: false, Changed: true, Verified: true } })
    t.match(device(id)?.settings, { always_pxe: false, ipxe_script_url: 'http://127.0.0.1/other.ipxe' })
    t.match(await on('rescue'), { status: 200, body: { Power: 'on' } })
    await waitUntil(
      'the rescue system',
      () => device(id)?.boots.at(-1)?.from === 'rescue' && stateOf(id) === 'active',
      limits,
    )
  })

  await t.test('startVm, stopVm and destroyVm work on the device packet/uuid', async (t) => {
    const uuid = { 'packet/uuid': id }
    t.match(await onPlugin('stopVm', uuid), { body: { Power: 'off', Changed: true } })
    t.match(await onPlugin('startVm', uuid), { body: { Power: 'on', Changed: true } })
    t.match(await onPlugin('destroyVm', {}), { status: 400 })
    t.match(await onPlugin('destroyVm', { ...uuid, 'power/protected': true }), { status: 409 })
    t.match(await onPlugin('destroyVm', uuid), { status: 200, body: { DeviceId: id, Deleted: true } })
    t.equal(device(id), undefined)
    t.match(await onPlugin('destroyVm', uuid), { status: 404, body: { Reason: 'OBJECT_UNKNOWN' } })
    t.match(await onPlugin('startVm', uuid), { status: 404 })
  })

  await t.test('invalid configs and commands are refused with a reason, and no output shows the key', async (t) => {
    t.match(await onPlugin('createVm', { 'packet/plan': 'nonsense' }), { status: 409 })
    t.equal(api.devices().length, 0)
    const refused = async (params: object) => (await plugin.config({ ...configOf({ api }), ...params })).status
    t.equal(await refused({ 'packet/api-url': '' }), 400)
    t.equal(await refused({ 'packet/api-url': 'nonsense' }), 400)
    t.equal(await refused({ 'packet/project-id': '00000000-0000-0000-0000-000000000000' }), 400)
    t.equal(await refused({ 'packet/api-key': 'wrong-key' }), 409)
    t.equal(await refused({}), 200)
    for (const key of [api.apiKey, 'wrong-key']) t.notOk(plugin.sent().includes(key))
  })

  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
})

test('with our endpoint: its API makes, powers and deletes a machine', {
  timeout: 200_000,
  buffered: true,
}, async (t) => {
  const pluginDir = tempFolder(t)
  copyFileSync(builtExecutable('plugins/packet-ipmi'), join(pluginDir, 'packet-ipmi'))
  const { drp } = await startBuiltEndpoint(t, tempFolder(t), pluginDir)
  const api = await startFaultyMetalApi(t, { times })
  await api.addDevice('was-there')
  const { Name, ...params } = configOf({ api, params: { 'packet/import-existing': true } })
  await drp.plugins.create({ Name: 'packet-ipmi', Provider: 'packet-ipmi', Params: params })
  const named = (name: string) => drp.machines.list().then((all) => all.find((machine) => machine.Name === name))
  await waitUntil('the import', async () => (await named('was-there'))?.Params['packet/uuid'], limits)

  const { Uuid } = await drp.machines.create({ Name: 'node-1', Params })
  const id = await waitUntil('its device', async () => (await named('node-1'))?.Params['packet/uuid'], limits)
  await waitUntil('it to be active', () => api.devices().every((device) => api.stateOf(device) === 'active'), limits)
  const run = (kind: string, key: string, command: string, given = {}) =>
    drp.actions.run(kind, key, command, { 'power/min-gap': 0, ...given }, { timeoutMs: 120_000 })
  t.match(await run('machines', Uuid, 'poweroff'), { Power: 'off', Changed: true, Verified: true })
  t.match(await run('machines', Uuid, 'powerstatus'), { Power: 'off' })
  const made = await run('plugins', 'packet-ipmi', 'createVm', { 'packet/name': 'node-2' })
  t.match(made, { Name: 'node-2' })
  const second = String(Reflect.get(Object(made), 'DeviceId'))
  t.match(await run('plugins', 'packet-ipmi', 'destroyVm', { 'packet/uuid': second }), { Deleted: true })
  await drp.machines.delete(Uuid)
  await waitUntil(
    'the device of the deleted machine to be gone',
    () => api.devices().every((device) => device.id !== id),
    limits,
  )
  t.same(
    api.devices().map(({ settings }) => settings.hostname),
    ['was-there'],
  )
})
