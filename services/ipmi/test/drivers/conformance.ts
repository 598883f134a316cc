import type { Drivers } from '@powerbus/bmc-drivers'
import type { Plugin } from '@powerbus/plugin-sdk'
import { type Test, test } from 'tap'
import { ipmiPlugin } from '../../src/plugin.ts'
import { runAction } from '../run-action.ts'

/** One BMC with one machine, made for one test. */
export interface DriverBench {
  /** Connection params that reach the BMC and log in. */
  readonly params: Readonly<Record<string, unknown>>
  readonly drivers: Drivers
  /** Whether the machine has power now, and not what its BMC says. */
  isOn(): boolean
  /** How often the machine was taken through a cycle, reset or diagnostic interrupt. */
  count(operation: 'cycle' | 'reset' | 'diag'): number
  close(): Promise<void>
}

export interface ConformanceOptions {
  /** What this driver cannot do, by action. */
  readonly lacks?: readonly string[]
}

/** What every driver must do, seen from the actions. `open` makes a BMC whose machine is off. */
export function driverConformance(
  name: string,
  open: () => Promise<DriverBench>,
  { lacks = [] }: ConformanceOptions = {},
): void {
  type Run = (action: string, params?: Readonly<Record<string, unknown>>) => Promise<unknown>

  const each = (
    title: string,
    needs: readonly string[],
    body: (t: Test, run: Run, bench: DriverBench) => Promise<void>,
  ) => {
    if (needs.some((action) => lacks.includes(action))) return
    test(`${name}: ${title}`, async (t) => {
      const bench = await open()
      t.teardown(() => bench.close())
      const plugin: Plugin = ipmiPlugin({ drivers: bench.drivers })
      const run: Run = (action, params = {}) =>
        runAction(plugin, action, {
          ...bench.params,
          'power/min-gap': 0,
          'power/timeout': 20,
          'detected-bios-mode': 'uefi',
          ...params,
        })
      await body(t, run, bench)
    })
  }

  each('switches on and off, once each, and says so', ['poweron', 'poweroff'], async (t, run, { isOn }) => {
    t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
    t.ok(isOn())
    t.match(await run('poweron'), { Power: 'on', Changed: false, Verified: true, Attempts: 0 })
    t.match(await run('poweroff'), { Power: 'off', Changed: true, Verified: true, Attempts: 1 })
    t.notOk(isOn())
    t.match(await run('poweroff'), { Power: 'off', Changed: false, Verified: true, Attempts: 0 })
  })

  each('cycles once, and the machine is on afterwards', ['powercycle'], async (t, run, { isOn, count }) => {
    await run('poweron')
    t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
    t.ok(isOn())
    t.equal(count('cycle'), 1)
  })

  each('switches a machine on that is to be cycled and is off', ['powercycle'], async (t, run, { isOn, count }) => {
    t.match(await run('powercycle'), { Power: 'on', Changed: true, Verified: true })
    t.ok(isOn())
    t.equal(count('cycle'), 0)
  })

  each('resets a machine that is on, without loss of power', ['powerreset'], async (t, run, { isOn, count }) => {
    await t.rejects(run('powerreset'), { code: 'TARGET_STATE' })
    await run('poweron')
    t.match(await run('powerreset'), { Power: 'on', Changed: true, Verified: Boolean })
    t.ok(isOn())
    t.equal(count('reset'), 1)
  })

  each('interrupts a machine that is on', ['powerdiag'], async (t, run, { count }) => {
    await t.rejects(run('powerdiag'), { code: 'TARGET_STATE' })
    await run('poweron')
    t.match(await run('powerdiag'), { Power: 'on', Changed: true })
    t.equal(count('diag'), 1)
  })

  each('shuts down softly', ['powershutdown'], async (t, run, { isOn }) => {
    await run('poweron')
    t.match(await run('powershutdown'), { Power: 'off', Changed: true, Verified: true })
    t.notOk(isOn())
  })

  for (const [action, device, persistent] of [
    ['nextbootpxe', 'pxe', false],
    ['nextbootdisk', 'disk', false],
    ['nextbootcd', 'cdrom', false],
    ['nextbootbios', 'bios', false],
    ['forcebootpxe', 'pxe', true],
    ['forcebootdisk', 'disk', true],
  ] as const)
    each(`${action} is read back as it was set`, [action, 'getBoot'], async (t, run) => {
      for (const [biosMode, efi] of [
        ['uefi', true],
        ['legacy-bios', false],
      ] as const) {
        const expected = { BootDevice: device, Persistent: persistent, EFI: efi, Verified: true }
        t.strictSame(await run(action, { 'detected-bios-mode': biosMode }), expected)
        t.strictSame(await run('getBoot'), expected)
      }
    })

  each('has no boot device where none was set', ['getBoot'], async (t, run) => {
    t.match(await run('getBoot'), { BootDevice: 'none' })
  })

  each('identifies', ['identify'], async (t, run) => {
    t.strictSame(await run('identify', { 'ipmi/identify-duration': 5 }), { Identify: 'on', Seconds: 5 })
    t.match(await run('identify', { 'ipmi/identify-duration': 0 }), { Identify: 'off' })
  })

  each('says what the BMC is', ['getInfo'], async (t, run, { params }) => {
    const info = await run('getInfo')
    t.match(info, { Address: new RegExp(String(params['ipmi/address'])), Mode: params['ipmi/mode'], Firmware: String })
  })

  each('says how the machine is', ['status'], async (t, run) => {
    t.match(await run('status'), { Power: 'off', Healthy: true, Faults: { length: 0 } })
    await run('poweron')
    t.match(await run('status'), { Power: 'on' })
  })

  each('answers a dry run of everything, and changes nothing', [], async (t, run, { isOn }) => {
    for (const action of ['poweron', 'nextbootpxe', 'identify', 'getInfo', 'status', 'powerstatus'])
      if (!lacks.includes(action))
        t.match(await run(action, { 'power/dry-run': true }), {
          DryRun: true,
          Command: action,
          Steps: [{ Send: String }],
        })
    t.notOk(isOn())
    if (!lacks.includes('getBoot')) t.match(await run('getBoot'), { BootDevice: 'none' })
  })

  each('says that a password is wrong, once and fast', ['powerstatus'], async (t, run) => {
    const startedMs = Date.now()
    await t.rejects(run('poweron', { 'ipmi/password': 'not this one' }), { code: 'AUTH_FAILED' })
    t.ok(Date.now() - startedMs < 5000, 'long before the deadline of 20 s')
  })

  each('does not show the password in an error', ['powerstatus'], async (t, run) => {
    const error = await run('poweron', { 'ipmi/password': 'not-this-one' }).catch((reason: Error) => reason)
    const causes: string[] = []
    for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(`${at.stack}`)
    t.ok(causes.length > 0)
    t.notMatch(causes.join('\n'), 'not-this-one')
  })

  for (const action of lacks)
    test(`${name}: ${action} is a 404`, async (t) => {
      const bench = await open()
      t.teardown(() => bench.close())
      const plugin = ipmiPlugin({ drivers: bench.drivers })
      await t.rejects(runAction(plugin, action, { ...bench.params, 'detected-bios-mode': 'uefi' }), {
        code: 'CAPABILITY_UNSUPPORTED',
      })
    })
}
