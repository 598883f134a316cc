import { test } from 'tap'
import type { BmcOptions } from '../../src/bmc/index.ts'
import {
  BootDevice,
  BootOption,
  bootFlags,
  bootFlagValidClearing,
  ChassisControl,
  chassisControl,
  getSystemBootOptions,
  noBootFlags,
  setSessionPrivilegeLevel,
  setSystemBootOptions,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { bench, RawSession } from './raw-console.ts'

const pxe = { ...noBootFlags, valid: true, efi: true, device: BootDevice.pxe }

function bootBench(options: Partial<BmcOptions> = {}) {
  const lab = bench({ inactivityTimeoutMs: 3_600_000, ...options })
  const session = new RawSession(lab.bmc)
  session.send(setSessionPrivilegeLevel, { level: 4 })
  const set = (parameter: number, data: Uint8Array, invalid = false) =>
    session.send(setSystemBootOptions, { parameter, invalid, data })
  const get = (parameter: number, block = 0) => session.send(getSystemBootOptions, { parameter, set: block, block: 0 })
  const flags = () => {
    const answer = get(BootOption.flags)
    if (typeof answer === 'number') throw new Error(`completion code ${answer}`)
    return bootFlags.decode(answer.data)
  }
  const control = (verb: keyof typeof ChassisControl) => session.send(chassisControl, { control: ChassisControl[verb] })
  return { ...lab, session, set, get, flags, control }
}

test('boot flags read back byte for byte', async (t) => {
  const { set, flags, get } = bootBench()
  const everything = bootFlags.encode(bootFlags.decode(new Uint8Array(5).fill(0xff)))
  t.same(set(BootOption.flags, everything), {})
  t.same(flags(), bootFlags.decode(everything))
  t.match(get(BootOption.flags), { version: 1, parameter: 5, invalid: false })
})

test('one boot uses up flags that are not persistent, and the chassis gets them', async (t) => {
  const { set, flags, control, machine } = bootBench()
  set(BootOption.flags, bootFlags.encode(pxe))
  control('powerUp')
  control('softShutdown')
  t.ok(flags().valid, 'power up does not boot a machine that is on')
  control('powerUp')
  t.notOk(flags().valid)
  t.same(machine.boots, [undefined, undefined, pxe])
})

test('persistent flags stay valid after boots, and do not expire after the first boot', async (t) => {
  const { bmc, set, flags, control, machine, clock } = bootBench()
  const persistent = { ...pxe, persistent: true }
  set(BootOption.flags, bootFlags.encode(persistent))
  control('powerCycle')
  await clock.pass(120_000)
  t.same(bmc.takeBootFlags(), persistent)
  t.same(machine.boots, [persistent])
  control('powerDown')
  await clock.pass(61_000)
  t.same(flags(), persistent, 'power down starts no countdown for persistent flags that a boot has used')
  set(BootOption.flagValidClearing, Uint8Array.of(0))
  await clock.pass(61_000)
  t.same(flags(), persistent, 'parameter 3 starts no countdown either')
  set(BootOption.flags, bootFlags.encode(persistent))
  await clock.pass(61_000)
  t.notOk(flags().valid, 'new flags expire after 60 seconds if no boot uses them')
})

test('restored flags expire after bootFlagsForMs, and never without it', async (t) => {
  const persistent = { ...pxe, persistent: true }
  for (const restored of [persistent, pxe]) {
    const { control, clock, flags } = bootBench({ bootFlags: restored })
    control('powerDown')
    await clock.pass(61_000)
    t.same(flags(), restored)
  }
  const { control, clock, flags } = bootBench({ bootFlags: pxe, bootFlagsForMs: 20_000 })
  await clock.pass(19_000)
  t.ok(flags().valid)
  control('powerDown')
  await clock.pass(59_000)
  t.ok(flags().valid)
  await clock.pass(1001)
  t.notOk(flags().valid)
  const other = bootBench({ bootFlags: pxe, bootFlagsForMs: 20_000 })
  await other.clock.pass(20_001)
  t.notOk(other.flags().valid)
})

test('the chassis learns when the flags expire', async (t) => {
  const told: unknown[] = []
  let isOn = true
  const { flags, set, control, clock } = bootBench({
    chassis: {
      isOn: () => isOn,
      control(verb) {
        isOn = verb !== 'powerDown'
        return 'accepted'
      },
      bootFlagsChanged: (flags, forMs) => told.push([flags?.persistent, forMs]),
      bootFlagsKept: (forMs) => told.push(forMs),
    },
  })
  set(BootOption.flags, bootFlags.encode(pxe))
  await clock.pass(50_000)
  control('powerDown')
  await clock.pass(60_000)
  t.same(told.splice(0), [[false, 60_000], 60_000])
  t.notOk(flags().valid)
  t.same(told.splice(0), [[undefined, undefined]])

  set(BootOption.flags, bootFlags.encode({ ...pxe, persistent: true }))
  control('powerUp')
  control('powerDown')
  t.same(told.splice(0), [[true, 60_000], undefined])
  await clock.pass(61_000)
  t.ok(flags().valid)
  t.same(told, [])
})

test('flags expire 60 seconds after the last Chassis Control, unless parameter 3 keeps them', async (t) => {
  const { set, flags, control, clock, session, bmc } = bootBench()
  set(BootOption.flags, bootFlags.encode(pxe))
  await clock.pass(50_000)
  control('diagnosticInterrupt')
  await clock.pass(50_000)
  t.ok(flags().valid)
  await clock.pass(10_001)
  t.notOk(flags().valid)
  t.equal(flags().device, BootDevice.pxe)

  const keep = { ...bootFlagValidClearing.decode(Uint8Array.of(0)), keepOnTimeout: true }
  set(BootOption.flagValidClearing, bootFlagValidClearing.encode(keep))
  set(BootOption.flags, bootFlags.encode(pxe))
  for (let i = 0; i < 10; i++) {
    await clock.pass(50_000)
    session.raw(6, 1)
  }
  t.ok(flags().valid)
  t.same(bmc.takeBootFlags(), pxe)
  t.equal(bmc.takeBootFlags(), undefined)
})

test('boot info acknowledge changes only the bits in its mask', async (t) => {
  const { set, get } = bootBench()
  set(BootOption.infoAcknowledge, Uint8Array.of(0xff, 0xff))
  set(BootOption.infoAcknowledge, Uint8Array.of(0x01, 0x00))
  t.match(get(BootOption.infoAcknowledge), { data: Uint8Array.of(0x00, 0xfe) })
})

test('one session holds "set in progress" until it sets complete', async (t) => {
  const { bmc, set } = bootBench()
  const other = new RawSession(bmc, { consoleSessionId: 2 })
  other.send(setSessionPrivilegeLevel, { level: 4 })
  const begin = { parameter: BootOption.setInProgress, invalid: false, data: Uint8Array.of(1) }
  t.same(set(0, Uint8Array.of(1)), {})
  t.same(set(0, Uint8Array.of(1)), {}, 'the owner may repeat it')
  t.equal(other.send(setSystemBootOptions, begin), 0x81)
  t.same(set(0, Uint8Array.of(0)), {})
  t.same(other.send(setSystemBootOptions, begin), {})
})

test('other parameters read back as written; unknown parameters and wrong lengths are refused', async (t) => {
  const { set, get } = bootBench()
  const info = Uint8Array.from({ length: 9 }, (_, i) => i)
  t.same(set(BootOption.initiatorInfo, info), {})
  t.match(get(BootOption.initiatorInfo), { data: info })
  const block = Uint8Array.of(1, ...new Uint8Array(16).fill(7))
  t.same(set(BootOption.initiatorMailbox, block), {})
  t.match(get(BootOption.initiatorMailbox, 1), { data: block })
  t.equal(set(BootOption.initiatorMailbox, Uint8Array.of(5, 1)), CompletionCode.ParameterOutOfRange)
  t.equal(get(BootOption.initiatorMailbox, 200), CompletionCode.ParameterOutOfRange)
  t.equal(set(9, Uint8Array.of(1)), 0x80)
  t.equal(get(9), 0x80)
  t.equal(set(BootOption.flags, new Uint8Array(4)), CompletionCode.InvalidLength)
  t.same(set(BootOption.flags, new Uint8Array(0), true), {})
  t.match(get(BootOption.flags), { invalid: true })
})

test('a console reads the boot choice of another interface, which does not expire', async (t) => {
  const { bmc, flags, clock, control, machine } = bootBench()
  const choice = { device: 'pxe', efi: true, persistent: false } as const
  bmc.machine.chooseBoot(choice)
  await clock.pass(600_000)
  t.same(flags(), pxe)
  t.same(bmc.machine.bootChoice(), choice)
  control('powerCycle')
  t.same(machine.boots.at(-1), pxe)
  t.equal(bmc.machine.bootChoice(), undefined)
})

test('a control of another interface uses the boot flags of a console', async (t) => {
  const { bmc, set, flags, machine } = bootBench()
  set(BootOption.flags, bootFlags.encode(pxe))
  t.equal(await bmc.machine.control('hardReset'), 'accepted')
  t.same(machine.boots.at(-1), pxe)
  t.notOk(flags().valid)
  t.equal(await bmc.machine.control('powerDown'), 'accepted')
  t.equal(await bmc.machine.control('powerCycle'), 'notInPresentState')
  t.same(machine.orders, ['hardReset', 'powerDown'])
})

test('another interface takes the boot flags of a console away', async (t) => {
  const { bmc, set, flags } = bootBench()
  set(BootOption.flags, bootFlags.encode(pxe))
  bmc.machine.chooseBoot(undefined)
  t.notOk(flags().valid)
})
