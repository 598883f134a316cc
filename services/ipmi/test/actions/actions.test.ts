import type { BmcConnection } from '@powerbus/bmc-drivers'
import { bmcDrivers } from '@powerbus/bmc-drivers'
import { test } from 'tap'
import { ipmiPlugin } from '../../src/plugin.ts'
import { fakeDrivers, health, info } from '../fake-ipmi.ts'
import { login, runAction } from '../run-action.ts'

function bench(without: readonly (keyof BmcConnection)[] = []) {
  const { drivers, bmc } = fakeDrivers(without)
  const plugin = ipmiPlugin({ drivers })
  const run = (name: string, params: Readonly<Record<string, unknown>> = {}) =>
    runAction(plugin, name, { ...login, 'power/min-gap': 0, ...params })
  return { run, bmc }
}

test('power verbs change the power state of the machine', async (t) => {
  const { run, bmc } = bench()
  t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true })
  t.match(await run('powerstatus'), { Power: 'on', Changed: false })
  t.match(await run('powershutdown'), { Power: 'off', Changed: true })
  t.match(await run('poweron'), { Power: 'on' })
  t.match(await run('powerreset'), { Power: 'on', Changed: true })
  t.match(await run('powerdiag'), { Power: 'on', Changed: true })
  t.match(await run('poweroff'), { Power: 'off', Changed: true })
  t.same(
    bmc.commands.filter((name) => name !== 'status'),
    ['on', 'soft', 'on', 'reset', 'diag', 'off'],
  )
})

const boots = [
  ['nextbootpxe', 'pxe', false],
  ['nextbootdisk', 'disk', false],
  ['nextbootcd', 'cdrom', false],
  ['nextbootbios', 'bios', false],
  ['forcebootpxe', 'pxe', true],
  ['forcebootdisk', 'disk', true],
] as const

for (const [command, device, persistent] of boots)
  test(`${command} sets the boot device ${device} in the machine's firmware mode`, async (t) => {
    const { run } = bench()
    for (const [biosMode, efi] of [
      ['uefi', true],
      ['legacy-bios', false],
    ] as const) {
      const expected = { BootDevice: device, Persistent: persistent, EFI: efi, Verified: true }
      t.strictSame(await run(command, { 'detected-bios-mode': biosMode }), expected)
      t.strictSame(await run('getBoot'), expected)
    }
  })

test('where the firmware mode is not known, UEFI is taken, and the result says so', async (t) => {
  const { run } = bench()
  t.match(await run('nextbootpxe'), { BootDevice: 'pxe', EFI: true, EFIAssumed: true })
  t.notMatch(await run('nextbootpxe', { 'detected-bios-mode': 'uefi' }), { EFIAssumed: true })
  t.notMatch(await run('nextbootpxe', { 'power/dry-run': true }), { EFIAssumed: true })
  await t.rejects(run('nextbootpxe', { 'detected-bios-mode': 'bios' }), { code: 'PARAM_INVALID' })
})

test('identify accepts unambiguous numbers and returns the interval', async (t) => {
  const { run, bmc } = bench()
  t.strictSame(await run('identify'), { Identify: 'on', Seconds: 60 })
  t.strictSame(await run('identify', { 'ipmi/identify-duration': 15.0 }), { Identify: 'on', Seconds: 15 })
  t.strictSame(await run('identify', { 'ipmi/identify-duration': '0' }), { Identify: 'off', Seconds: 0 })
  t.equal(bmc.identifySeconds, 0)
  for (const wrong of [1.5, -1, 256, 'soon', null])
    await t.rejects(run('identify', { 'ipmi/identify-duration': wrong }), {
      code: 'PARAM_INVALID',
      message: /ipmi\/identify-duration/,
    })
})

test('getInfo and status return the facts that the driver read', async (t) => {
  const { run } = bench()
  const { CipherSuite: _, ...facts } = info
  t.strictSame(await run('getInfo'), facts, 'without facts about the session')
  t.strictSame(await run('status'), health)
})

const image = { 'ipmi/virtual-media-url': 'http://192.0.2.8/boot.iso', 'ipmi/virtual-media-boot': false }
const slot = { Id: 'Cd', Inserted: true, Image: image['ipmi/virtual-media-url'] }

/** Each with what the driver is asked for, and what comes back. */
const bmcCommands: readonly (readonly [command: string, asked: string, result: unknown])[] = [
  ['getBios', 'bios', { Id: 'bios' }],
  ['getMemory', 'memory', { Id: 'memory' }],
  ['getStorage', 'storage', { Id: 'storage' }],
  ['getSimpleStorage', 'simpleStorage', { Id: 'simpleStorage' }],
  ['getProcessor', 'processor', { Id: 'processor' }],
  ['getNetworkInterfaces', 'networkInterfaces', { Id: 'networkInterfaces' }],
  ['getEthernetInterfaces', 'ethernetInterfaces', { Id: 'ethernetInterfaces' }],
  ['getSecureBoot', 'secureBoot', { Id: 'secureBoot' }],
  ['getSensors', 'sensors', { Sensors: [] }],
  ['getSel', 'sel', { Entries: [] }],
  ['clearSel', 'clearSel', { Cleared: true }],
  ['getFru', 'fru', { Parts: [] }],
  ['mountVirtualMedia', 'mountMedia', { Slot: slot, Verified: true }],
  ['unmountVirtualMedia', 'unmountMedia', { Ejected: [{ Id: 'Cd' }] }],
  ['statusVirtualMedia', 'mediaStatus', { Slots: [{ Id: 'Cd' }] }],
  ['getFirmwareInventories', 'firmware', [{ Id: 'BIOS' }]],
  ['resetBios', 'resetBios', { Reset: true }],
  ['getRedfishMockup', 'mockup', { '/redfish/v1': {} }],
  ['getConsoleFacts', 'consoleFacts', {}],
]

test('each command of one piece of work asks the driver for it, and is a 404 where the driver lacks it', async (t) => {
  for (const [command, asked, result] of bmcCommands) {
    const { run, bmc } = bench()
    t.match(await run(command, image), result, command)
    t.same(bmc.commands, [asked], command)
    const lacking = bench([asked as keyof BmcConnection, 'resource'])
    await t.rejects(lacking.run(command, image), { code: 'CAPABILITY_UNSUPPORTED', status: 404 }, command)
  }
})

test('a dry run of every command sends nothing', async (t) => {
  const { run, bmc } = bench()
  for (const command of ['poweroff', 'nextbootbios', 'getBoot', 'identify', 'getInfo', 'status'])
    t.match(await run(command, { 'power/dry-run': true }), { DryRun: true, Command: command, Mode: 'ipmitool' })
  t.same(bmc.commands, [])
})

test('a command that the driver lacks gives 404 with command and mode', async (t) => {
  const { run } = bench(['diag', 'identify', 'info', 'health', 'getBoot'])
  for (const command of ['powerdiag', 'identify', 'getInfo', 'status', 'getBoot', 'nextbootbios'])
    await t.rejects(run(command), {
      code: 'CAPABILITY_UNSUPPORTED',
      status: 404,
      message: `Action ${command} not supported on ipmi driver: ipmitool`,
    })
})

const wrongTargets: readonly (readonly [string, unknown])[] = [
  ['ipmi/address', ''],
  ['ipmi/address', '10.0.0.1/24'],
  ['ipmi/address', 7],
  ['ipmi/username', 'seventeen letters'],
  ['ipmi/username', 'nul\0'],
  ['ipmi/password', 'twenty-one characters'],
  ['ipmi/password', 'ßßßßßßßßßßß'],
  ['ipmi/port-ipmitool', 65536],
  ['ipmi/port-ipmitool', 'six'],
  ['ipmi/cipher-suite', 4],
  ['ipmi/kg', '0x123'],
  ['ipmi/kg', 'a key of 21 bytes ...'],
  ['ipmi/privilege', 'root'],
  ['ipmi/workarounds', ['reboot']],
]

for (const [name, value] of wrongTargets)
  test(`${name} ${JSON.stringify(value)} gives 400 with its name`, async (t) => {
    const { run, bmc } = bench()
    await t.rejects(run('powerstatus', { [name]: value }), { code: 'PARAM_INVALID', message: new RegExp(name) })
    t.same(bmc.commands, [])
  })

test('the message does not contain a refused secret', async (t) => {
  const { run } = bench()
  for (const name of ['ipmi/password', 'ipmi/kg'])
    t.notMatch(await run('powerstatus', { [name]: 'much-too-long-and-secret' }).catch(String), 'much-too-long')
})

test('passwords of 0 and 20 bytes and of UTF-8 are accepted', async (t) => {
  const { run, bmc } = bench()
  for (const password of ['', '12345678901234567890', 'ßßßßßßßßßß', 'pass word\t"']) {
    await run('powerstatus', { 'ipmi/password': password })
    t.equal(bmc.target?.password.reveal(), password)
  }
})

test('the connection params become the target of the driver', async (t) => {
  const { run, bmc } = bench()
  const workarounds = ['no-boot-timer-option', 'supermicro-uefi-disk']
  await run('powerstatus', {
    'ipmi/address': ' 192.0.2.9 ',
    'ipmi/port-ipmitool': 6230,
    'ipmi/cipher-suite': 3,
    'ipmi/kg': '0xff',
    'ipmi/privilege': 'user',
    'ipmi/workarounds': workarounds,
  })
  const { target } = bmc
  t.match(target, { address: '192.0.2.9', port: 6230, username: 'admin', cipherSuite: 3, privilege: 'user' })
  t.same(target?.workarounds, workarounds)
  t.equal(target?.kg?.reveal(), '0xff')
})

test('a mode without a driver gives 404, a mode of another type 400', async (t) => {
  const { run } = bench()
  for (const mode of ['web', 'telnet', ''])
    await t.rejects(run('powerstatus', { 'ipmi/mode': mode }), { code: 'DRIVER_UNKNOWN', status: 404 }, mode)
  await t.rejects(run('powerstatus', { 'ipmi/mode': 5 }), { code: 'PARAM_INVALID' })
})

test('the drivers refuse a mode that they do not know', async (t) => {
  const { bmc, run } = bench()
  await run('powerstatus')
  const { target } = bmc
  if (!target) throw new Error('no target')
  for (const mode of ['telnet', 'toString', ''])
    await t.rejects(bmcDrivers().driver(mode, target), { code: 'DRIVER_UNKNOWN' })
})
