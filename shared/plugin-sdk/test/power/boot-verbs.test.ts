import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import type { BootRequest } from '../../src/power/driver.ts'
import type { PowerParamValues } from '../../src/power/params.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { type FakeOptions, fakeDriver } from './fake-driver.ts'
import { powerContext } from './power-context.ts'

const efiPxe: BootRequest = { device: 'pxe', persistent: true, efi: true }

function bench(options: Omit<FakeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const engine = createPowerEngine({ clock, random: () => 0.5 })
  const { driver, machine } = fakeDriver({ clock, ...options })
  const setBoot = (request: BootRequest, params: Partial<PowerParamValues> = {}) =>
    clock.run(engine.setBoot(request, driver, powerContext('forcebootpxe', params)))
  const getBoot = () => clock.run(engine.getBoot(driver, powerContext('getBoot')))
  return { setBoot, getBoot, machine }
}

test('a boot device is read back, and the result has exactly the four fields of the contract', async (t) => {
  const { setBoot, getBoot, machine } = bench()
  t.strictSame(await setBoot(efiPxe), { BootDevice: 'pxe', Persistent: true, EFI: true, Verified: true })
  t.same(machine.commands, ['setBoot', 'getBoot'])
  t.strictSame(await getBoot(), { BootDevice: 'pxe', Persistent: true, EFI: true, Verified: true })
})

test('a setting that the BMC will not act on is no boot device', async (t) => {
  const { getBoot } = bench()
  t.match(await getBoot(), { BootDevice: 'none' })
})

test('a BMC that drops persistence and UEFI is answered with what it kept, not verified', async (t) => {
  const { setBoot } = bench({ keepBoot: ({ device }) => ({ device, persistent: false, efi: false, valid: true }) })
  t.strictSame(await setBoot(efiPxe), {
    BootDevice: 'pxe',
    Persistent: false,
    EFI: false,
    Verified: false,
    Lost: ['persistence', 'UEFI'],
  })
})

test('a boot device without the valid bit is not verified', async (t) => {
  const { setBoot, machine } = bench({ keepBoot: (request) => ({ ...request, valid: false }) })
  t.match(await setBoot(efiPxe), { BootDevice: 'pxe', EFI: true, Verified: false, Lost: ['valid'] })
  t.equal(machine.commands.filter((name) => name === 'getBoot').length, 3, 'it was given time')
})

test('a BMC that does not keep the device is a 409 that says what it lost and reports', async (t) => {
  const { setBoot, machine } = bench({
    keepBoot: () => ({ device: 'disk', persistent: false, efi: false, valid: false }),
  })
  await t.rejects(setBoot(efiPxe), {
    code: 'TARGET_STATE',
    message: /pxe, persistent, UEFI.*lost device, persistence, UEFI, valid.*disk, not valid/,
  })
  t.equal(machine.commands.filter((name) => name === 'setBoot').length, 3)
})

for (const name of ['setBoot', 'getBoot'])
  for (const fault of ['busy', 'lost', 'vanished'] as const)
    test(`${name} is repeated after ${fault}`, async (t) => {
      const { setBoot } = bench({ faults: { [name]: [fault] } })
      t.match(await setBoot(efiPxe), { BootDevice: 'pxe', Verified: true })
    })

test('a dry run of a boot command sends nothing', async (t) => {
  const { setBoot, machine } = bench()
  t.match(await setBoot(efiPxe, { 'power/dry-run': true }), { DryRun: true, Steps: [{ Send: 'send boot pxe' }, {}] })
  t.same(machine.commands, [])
})

test('a protected machine may be given another boot device', async (t) => {
  const { setBoot } = bench()
  t.match(await setBoot(efiPxe, { 'power/protected': true }), { Verified: true })
})

test('a driver without boot options is a 404', async (t) => {
  const { setBoot, getBoot } = bench({ without: ['getBoot'] })
  await t.rejects(setBoot(efiPxe), { code: 'CAPABILITY_UNSUPPORTED' })
  await t.rejects(getBoot(), { code: 'CAPABILITY_UNSUPPORTED' })
})
