import { test } from 'tap'
import { bootDeviceName, readBootFlags, writeBootFlags } from '../../src/client/boot-flags.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import type { Target } from '../../src/client/target.ts'
import { BootDevice, BootOption } from '../../src/commands/boot-option-parameters.ts'
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

test('a BMC that refuses the timer option is said so by the name of its workaround, which helps', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc({ faults: { refuseTimerOption: true } })
  const write = { device: 'pxe', persistent: false, efi: true } as const
  const refused = run(lab, target, (session) => writeBootFlags(session, write))
  t.match(await thrown(refused), { kind: 'completion', message: /no-boot-timer-option/ })
  const helped: Target = { ...target, workarounds: ['no-boot-timer-option'] }
  await run(lab, helped, (session) => writeBootFlags(session, write))
  t.match(await run(lab, target, readBootFlags), { device: BootDevice.pxe, efi: true, valid: true })
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
  bmc.faults.refuseTimerOption = true
  t.match(await thrown(run(lab, target, (session) => writeBootFlags(session, write))), { kind: 'completion' })
  t.equal(await run(lab, target, inProgress), 0)
})
