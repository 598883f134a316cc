import { test } from 'tap'
import { bits, bytes as bytesField } from '../../src/codec/bits.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { MalformedError } from '../../src/codec/malformed-error.ts'
import * as all from '../../src/commands/index.ts'
import { PrivilegeLevel } from '../../src/spec/privilege-level.ts'
import { roundTrip } from '../round-trip.ts'
import { commands } from './commands.ts'

const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

test('every request and response encodes what it decoded', async (t) => {
  for (const command of commands) {
    roundTrip(t, `${command.name} request`, command.request as never)
    roundTrip(t, `${command.name} response`, command.response as never)
  }
})

test('every boot option parameter encodes what it decoded', async (t) => {
  roundTrip(t, 'set in progress', all.bootSetInProgress)
  roundTrip(t, 'flag valid clearing', all.bootFlagValidClearing)
  roundTrip(t, 'info acknowledge', all.bootInfoAcknowledge)
  roundTrip(t, 'flags', all.bootFlags)
})

test('each command has its own number, and name and privilege level of the specification', async (t) => {
  const numbers = commands.map(({ netFn, cmd }) => netFn * 256 + cmd)
  t.equal(new Set(numbers).size, numbers.length)
  for (const { name, privilege, netFn } of commands) {
    t.match(name, /^[A-Z][A-Za-z ]+$/)
    t.ok(privilege === 'none' || privilege in PrivilegeLevel, name)
    t.equal(netFn % 2, 0, name)
  }
})

test('boot flags have the layout of §28.13', async (t) => {
  const flags = { ...all.noBootFlags, valid: true, persistent: true, efi: true, device: all.BootDevice.pxe }
  t.equal(hex(all.bootFlags.encode(flags)), 'e004000000')
  t.equal(hex(all.bootFlags.encode({ ...flags, persistent: false, device: all.BootDevice.bios })), 'a018000000')
  t.equal(all.bootFlags.decode(bytes('8008400000')).device, all.BootDevice.disk)
  t.equal(all.bootFlags.decode(bytes('8008400000')).firmwareVerbosity, 2)
  t.equal(all.bootFlags.decode(bytes('8080000000')).clearCmos, true)
})

test('Chassis Identify omits the force byte if it is off, and reads an empty request as 15 seconds', async (t) => {
  t.equal(hex(all.chassisIdentify.request.encode({ intervalSeconds: 30, force: false })), '1e')
  t.equal(hex(all.chassisIdentify.request.encode({ intervalSeconds: 0, force: true })), '0001')
  t.strictSame(all.chassisIdentify.request.decode(new Uint8Array(0)), { intervalSeconds: 15, force: false })
  t.throws(() => all.chassisIdentify.request.encode({ intervalSeconds: 256, force: false }), RangeError)
})

test('commands that set users, channels and LAN parameters have the layouts of §22 and §23', async (t) => {
  const flags = { ipmiMessaging: true, linkAuthentication: false, callbackOnly: true, setFlags: true }
  const access = { channel: 1, ...flags, userId: 5, privilegeLimit: 4, sessionLimit: 0 }
  t.equal(hex(all.setUserAccess.request.encode(access)), 'd1050400')
  t.strictSame(all.setUserAccess.request.decode(bytes('d10504')), access)
  t.equal(
    hex(all.setUserName.request.encode({ userId: 5, name: bytes('6f706572'.padEnd(32, '0')) })),
    `056f706572${'0'.repeat(24)}`,
  )
  const password = { userId: 5, is20Bytes: true, operation: 3, password: bytes('70') }
  t.equal(hex(all.setUserPassword.request.encode(password)), '850370')
  const channel = { userLevelAuthenticationDisabled: true, perMessageAuthenticationDisabled: false }
  const settings = { channel: 1, accessMode: 2, ...channel, alertingDisabled: true, privilegeLimit: 4 }
  t.equal(hex(all.setChannelAccess.request.encode({ ...settings, setAccess: 1, setPrivilegeLimit: 2 })), '016a84')
  const lan = { channel: 1, parameter: all.LanParameter.address, data: bytes('c0000209') }
  t.equal(hex(all.setLanConfigurationParameters.request.encode(lan)), '0103c0000209')
})

test('Get Device ID decodes the answer of a real BMC with and without the last four bytes', async (t) => {
  const full = all.getDeviceId.response.decode(bytes('2001020902bf7c2a00340800000000'))
  t.match(full, {
    deviceId: 0x20,
    deviceRevision: 1,
    firmwareMajor: 2,
    firmwareMinorBcd: 9,
    ipmiMajor: 2,
    ipmiMinor: 0,
  })
  t.match(full, { manufacturerId: 10876, productId: 0x0834, chassisDevice: true, bridge: false })
  t.equal(all.getDeviceId.response.decode(bytes('2001020902bf7c2a003408')).auxiliaryFirmware, 0)
})

test('an answer that ends after the field that is needed is read; one byte less is an error', async (t) => {
  const shortest = {
    'Get Chassis Status': ['21', { powerOn: true, restorePolicy: 1, lastEventCommandOn: false, intrusion: false }],
    'Get Chassis Capabilities': ['05', { intrusionSensor: true, diagnosticInterrupt: true, fruAddress: 0 }],
    'Get Self Test Results': ['55', { result: 0x55, detail: 0 }],
    'Get System Restart Cause': ['01', { cause: 1, channel: 0 }],
    'Get Channel Authentication Capabilities': ['0180', { extended: true, version20Sessions: false }],
    'Get SEL Info': ['510200', { entries: 2, freeBytes: 0 }],
    'Get SDR Repository Info': ['510200', { records: 2, overflow: false }],
    'Get Channel Info': ['01040183', { medium: 4, protocol: 1, sessionSupport: 2, vendorId: 0 }],
    'Get FRU Inventory Area Info': ['0001', { size: 256, byWords: false }],
    'Get User Name': ['', { name: new Uint8Array(16) }],
    'Set Power Restore Policy': ['', { powerOn: false }],
    'Set Session Privilege Level': ['', { level: 0 }],
  } as const
  for (const [name, [answer, expected]] of Object.entries(shortest)) {
    const response = commands.find((command) => command.name === name)?.response as Codec<unknown> | undefined
    t.match(response?.decode(bytes(answer)), expected, name)
    t.equal(response?.minLength, answer.length / 2, `${name}: fewer bytes are an error`)
  }
  t.match(all.bootFlags.decode(bytes('a004')), { valid: true, efi: true, device: all.BootDevice.pxe })
  t.throws(() => all.bootFlags.decode(bytes('a0')), MalformedError)
})

test('what is cut off reads as zero: a number with a byte of it, bytes with those that are there', async (t) => {
  const cut = bits({ number: [8, 16], flag: [24], text: bytesField(1, 4) }, { minLength: 1 })
  t.strictSame(cut.decode(bytes('00ff')), { number: 0, flag: false, text: bytes('ff000000') })
  t.strictSame(cut.decode(bytes('00')), { number: 0, flag: false, text: bytes('00000000') })
  t.strictSame(cut.decode(bytes('00aabb01cc')), { number: 0xbbaa, flag: true, text: bytes('aabb01cc') })
})

test('only Chassis Controls with the same outcome each time are repeatable', async (t) => {
  const { powerCycle, hardReset, diagnosticInterrupt, powerUp, powerDown, softShutdown } = all.ChassisControl
  for (const control of [powerCycle, hardReset, diagnosticInterrupt, softShutdown]) {
    t.notOk(all.isRepeatable(all.chassisControl, { control }))
  }
  for (const control of [powerUp, powerDown]) t.ok(all.isRepeatable(all.chassisControl, { control }))
  t.notOk(all.isRepeatable(all.rawCommand(0x2c, 0), new Uint8Array(0)))
})

test('a raw command accepts only numbers in range', async (t) => {
  t.match(all.rawCommand(0x2c, 0x3e), { netFn: 0x2c, cmd: 0x3e })
  for (const [netFn, cmd] of [
    [1, 0],
    [64, 0],
    [-2, 0],
    [0, 256],
    [0, 1.5],
  ] as const) {
    t.throws(() => all.rawCommand(netFn, cmd), RangeError)
  }
})
