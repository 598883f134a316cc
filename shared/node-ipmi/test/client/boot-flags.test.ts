import { test } from 'tap'
import type { FaultRule } from '../../src/bmc/fault-rule.ts'
import { readBootFlags, writeBootFlags } from '../../src/client/boot-flags.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import type { Target } from '../../src/client/target.ts'
import { BootDevice, BootOption, bootDeviceName } from '../../src/commands/boot-option-parameters.ts'
import { getSystemBootOptions } from '../../src/commands/get-system-boot-options.ts'
import { setSystemBootOptions } from '../../src/commands/set-system-boot-options.ts'
import { type MemoryLab, memoryLab } from './memory-lab.ts'

const run = <T>({ clock, client }: MemoryLab, target: Target, work: (session: IpmiSession) => Promise<T>) =>
  clock.run(client.run(target, work))

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('every boot device is written and read back with persistence and UEFI', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  for (const device of ['none', 'pxe', 'disk', 'cdrom', 'bios'] as const) {
    for (const [persistent, efi] of [
      [true, false],
      [false, true],
    ] as const) {
      const flags = await run(lab, target, async (session) => {
        await writeBootFlags(session, { device, persistent, efi })
        return readBootFlags(session)
      })
      t.match(flags, { device: BootDevice[device], persistent, efi, valid: true })
      t.equal(bootDeviceName(flags.device), device)
    }
  }
})

test('boot flags outlive the 60-second timer, unless told otherwise', async (t) => {
  const lab = memoryLab()
  for (const expireAfterMinute of [false, true]) {
    const { target } = await lab.addBmc()
    const write = { device: 'pxe', persistent: false, efi: false, expireAfterMinute } as const
    await run(lab, target, (session) => writeBootFlags(session, write))
    await lab.clock.pass(120_000)
    const { valid } = await run(lab, target, readBootFlags)
    t.equal(valid, !expireAfterMinute)
  }
})

/** Every completion code that a BMC may refuse a parameter with: generic, command-specific, OEM. */
const codes = [0x80, 0x82, 0xc0, 0xc1, 0xc7, 0xc9, 0xcb, 0xcc, 0xd4, 0xd5, 0xd6, 0xff, 0x01]
const optional = [BootOption.setInProgress, BootOption.flagValidClearing, BootOption.infoAcknowledge]
const refused = (parameters: readonly number[], completionCode: number, times = Number.POSITIVE_INFINITY) => ({
  message: 'Set System Boot Options',
  when: (data: Uint8Array) => parameters.includes((data[0] ?? 0) & 0x7f),
  completionCode,
  times,
})

test('optional parameters may be refused with any code; the result says whether the flags last', async (t) => {
  const write = { device: 'pxe', persistent: false, efi: true } as const
  for (const completionCode of codes) {
    for (const parameters of [...optional.map((parameter) => [parameter]), optional]) {
      const lab = memoryLab()
      const { target } = await lab.addBmc({ faults: { rules: [refused(parameters, completionCode)] } })
      const written = await run(lab, target, (session) => writeBootFlags(session, write))
      const keepsFlags = !parameters.includes(BootOption.flagValidClearing)
      t.same(written, { keepsFlags }, `${parameters} with ${completionCode.toString(16)}h`)
      t.match(await run(lab, target, readBootFlags), { device: BootDevice.pxe, efi: true, valid: true })
      await lab.clock.pass(61_000)
      t.match(await run(lab, target, readBootFlags), { valid: keepsFlags })
    }
  }
})

test('a refusal of parameter 5 is the error, whatever became of the others', async (t) => {
  const write = { device: 'pxe', persistent: false, efi: true } as const
  for (const completionCode of codes) {
    const lab = memoryLab()
    const rules = [refused([BootOption.flags], completionCode), refused(optional, 0xff)]
    const { target } = await lab.addBmc({ faults: { rules } })
    const error = await thrown(run(lab, target, (session) => writeBootFlags(session, write)))
    t.match(error, { kind: 'completion', completionCode, message: /Set System Boot Options/ })
    t.match(await run(lab, target, readBootFlags), { valid: false }, 'nothing was set')
  }
})

test('a BMC that is busy for a moment keeps the flags, and a lost lock is not an error', async (t) => {
  const lab = memoryLab()
  const write = { device: 'pxe', persistent: false, efi: true } as const
  const { bmc, target } = await lab.addBmc()
  bmc.faults.rules = [refused([BootOption.flagValidClearing], 0xc0, 2)]
  t.same(await run(lab, target, (session) => writeBootFlags(session, write)), { keepsFlags: true })
  bmc.faults.rules = [refused([BootOption.setInProgress], 0x81)]
  const startedMs = lab.clock.nowMs()
  t.same(await run(lab, target, (session) => writeBootFlags(session, write)), { keepsFlags: true })
  t.ok(lab.clock.nowMs() - startedMs < 5000, 'a lock that cannot be broken is waited for, and then ignored')
})

test('the flags expire where the caller wants it, or the workaround leaves out the timer option', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const write = { device: 'pxe', persistent: false, efi: true } as const
  const expire = { ...write, expireAfterMinute: true }
  t.same(await run(lab, target, (session) => writeBootFlags(session, expire)), { keepsFlags: false })
  const named: Target = { ...target, workarounds: ['no-boot-timer-option'] }
  t.same(await run(lab, named, (session) => writeBootFlags(session, write)), { keepsFlags: false })
})

test('boot flags are read through the odd pads and lengths of BMCs, and an answer without them is an error', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const write = { device: 'pxe', persistent: true, efi: true } as const
  await run(lab, target, (session) => writeBootFlags(session, write))
  const read = async (rule: FaultRule) => {
    bmc.faults.rules = [{ message: 'Get System Boot Options', ...rule }]
    return run(lab, target, readBootFlags)
  }
  const expected = { device: BootDevice.pxe, persistent: true, efi: true, valid: true }
  // 7 bytes of data fill an AES block: OpenBMC adds a pad of 16 bytes.
  t.match(await read({ fullBlockPad: true }), expected)
  t.match(await read({ integrityPad: 0, nextHeader: 0 }), expected)
  t.match(await read({ alter: (data) => data.subarray(0, 4) }), expected)
  t.match(await read({ alter: (data) => Uint8Array.of(...data, 1, 2, 3) }), expected)
  t.match(await thrown(read({ alter: (data) => data.subarray(0, 3) })), { kind: 'invalid', message: /no boot device/ })
})

test("Supermicro's UEFI disk selector is 24h with its workaround only", async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const write = { device: 'disk', persistent: false, efi: true } as const
  const named: Target = { ...target, workarounds: ['supermicro-uefi-disk'] }
  await run(lab, named, (session) => writeBootFlags(session, write))
  t.equal((await run(lab, target, readBootFlags)).device << 2, 0x24)
})

test('a forgotten set-in-progress lock is waited for and then broken', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const lock = { parameter: BootOption.setInProgress, invalid: false, data: Uint8Array.of(1) }
  await run(lab, target, (session) => session.send(setSystemBootOptions, lock))
  await run(lab, target, (session) => writeBootFlags(session, { device: 'bios', persistent: false, efi: false }))
  t.match(await run(lab, target, readBootFlags), { device: BootDevice.bios })
})

test('set in progress is complete after the flags are written, and after they are refused', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const inProgress = async (session: IpmiSession) => {
    const read = { parameter: BootOption.setInProgress, set: 0, block: 0 }
    return (await session.send(getSystemBootOptions, read)).data[0]
  }
  const write = { device: 'pxe', persistent: false, efi: false } as const
  await run(lab, target, (session) => writeBootFlags(session, write))
  t.equal(await run(lab, target, inProgress), 0)
  bmc.faults.rules = [refused([BootOption.flags], 0xcc)]
  t.match(await thrown(run(lab, target, (session) => writeBootFlags(session, write))), { kind: 'completion' })
  t.equal(await run(lab, target, inProgress), 0)
})
