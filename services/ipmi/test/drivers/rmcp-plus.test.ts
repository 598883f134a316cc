import { bmcDrivers } from '@powerbus/bmc-drivers'
import { startLab } from '@powerbus/lab'
import type { BmcFaults } from 'node-ipmi/bmc'
import { type Test, test } from 'tap'
import { ipmiPlugin } from '../../src/plugin.ts'
import { runAction } from '../run-action.ts'
import { driverConformance } from './conformance.ts'

const credentials = { username: 'admin', password: 'correct horse' }
const times = { powerUpMs: 50, powerDownMs: 50, cycleOffMs: 300, softShutdownMs: 100 }

async function bmc(faults: BmcFaults = {}, isOn = false) {
  const lab = await startLab({ count: 1, address: '127.0.0.1', port: 0, credentials, times, faults, isOn })
  const [only] = lab.bmcs
  if (!only) throw new Error('the lab has no BMC')
  const drivers = bmcDrivers()
  const params = {
    'ipmi/address': only.address,
    'ipmi/port-ipmitool': only.port,
    'ipmi/username': credentials.username,
    'ipmi/password': credentials.password,
    'ipmi/mode': 'ipmitool',
  }
  return { lab, machine: only.machine, bmc: only.bmc, drivers, params }
}

driverConformance('ipmitool', async () => {
  const { lab, machine, drivers, params } = await bmc()
  return {
    params,
    drivers,
    isOn: () => machine.isOn(),
    count: (operation) =>
      machine.counts[({ cycle: 'powerCycle', reset: 'hardReset', diag: 'diagnosticInterrupt' } as const)[operation]],
    close: () => closeBoth(lab, drivers),
  }
})

async function closeBoth(lab: { close(): Promise<void> }, drivers: { close(): Promise<void> }): Promise<void> {
  await drivers.close()
  await lab.close()
}

type Bench = Awaited<ReturnType<typeof bmc>> & {
  run(action: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>
}

function faulty(title: string, faults: BmcFaults, body: (t: Test, bench: Bench) => Promise<void>): void {
  test(title, async (t) => {
    const bench = await bmc(faults)
    t.teardown(() => closeBoth(bench.lab, bench.drivers))
    const plugin = ipmiPlugin({ drivers: bench.drivers })
    const run: Bench['run'] = (action, params = {}) =>
      runAction(plugin, action, { ...bench.params, 'power/min-gap': 0, 'power/timeout': 15, ...params })
    await body(t, { ...bench, run })
  })
}

faulty('a BMC that is busy is asked again', { busyCommands: 3 }, async (t, { run }) => {
  t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true })
})

faulty('a busy BMC that refuses a cycle is not sent it again', {}, async (t, { run, machine, bmc: { faults } }) => {
  await run('poweron')
  faults.completionCodes = { 'Chassis Control': 0xc0 }
  await t.rejects(run('powercycle'), { code: 'IPMI_COMPLETION', message: /C0h/i })
  t.equal(machine.counts.powerCycle, 0)
})

faulty('a full session table is waited for', { fullSessionTable: true }, async (t, { run, bmc: { faults } }) => {
  const timer = setTimeout(() => {
    faults.fullSessionTable = false
  }, 700)
  t.teardown(() => clearTimeout(timer))
  t.match(await run('powerstatus'), { Power: 'off' })
})

faulty('a session table that stays full is a 409', { fullSessionTable: true }, async (t, { run }) => {
  await t.rejects(run('powerstatus', { 'power/timeout': 2 }), { code: 'TARGET_BUSY' })
})

faulty('a dead BMC is a 504 with its address and the time waited', { hang: true }, async (t, { run, params }) => {
  const startedMs = Date.now()
  await t.rejects(run('poweron', { 'power/timeout': 2 }), {
    code: 'TARGET_TIMEOUT',
    message: new RegExp(`127\\.0\\.0\\.1:${params['ipmi/port-ipmitool']}.* \\d+\\.\\d s`),
  })
  t.ok(Date.now() - startedMs < 10_000)
})

for (const [code, expected] of [
  [0xc1, 'IPMI_COMPLETION'],
  [0xcc, 'IPMI_COMPLETION'],
  [0xd4, 'AUTH_FAILED'],
  [0xd5, 'TARGET_STATE'],
] as const)
  faulty(
    `completion code ${code.toString(16)}h is said in words and not repeated`,
    { completionCodes: { 'Chassis Control': code } },
    async (t, { run, machine }) => {
      await t.rejects(run('poweron'), { code: expected, message: new RegExp(`${code.toString(16)}h`, 'i') })
      t.equal(machine.counts.powerUp, 0)
    },
  )

faulty('a user that may only read is told so', {}, async (t, { run }) => {
  t.match(await run('powerstatus', { 'ipmi/privilege': 'user' }), { Power: 'off' })
  await t.rejects(run('poweron', { 'ipmi/privilege': 'user' }), { code: 'AUTH_FAILED', message: /ipmi\/privilege/ })
})

faulty(
  'a BMC that refuses the timer option can be given a boot device by its workaround',
  {
    refuseTimerOption: true,
  },
  async (t, { run }) => {
    const params = { 'detected-bios-mode': 'uefi', 'ipmi/workarounds': ['no-boot-timer-option'] }
    t.match(await run('nextbootpxe', params), { BootDevice: 'pxe', EFI: true, Verified: true })
  },
)

faulty('the workaround for Supermicro asks for device 24h, and reads it back as the disk', {}, async (t, bench) => {
  const params = { 'detected-bios-mode': 'uefi', 'ipmi/workarounds': ['supermicro-uefi-disk'] }
  t.strictSame(await bench.run('forcebootdisk', params), {
    BootDevice: 'disk',
    Persistent: true,
    EFI: true,
    Verified: true,
  })
  t.equal(bench.machine.bootFlags?.device, 0x24 >> 2)
  t.match(await bench.run('forcebootdisk', { ...params, 'power/dry-run': true }), {
    Steps: [{ Send: /05h E0h 24h/ }, {}],
  })
})

for (const isIgnored of [false, true])
  test(`a reset and an interrupt that are ${isIgnored ? 'ignored' : 'done'} are verified only where they were seen`, async (t) => {
    // Running since before: its last start was by no command, so that a reset leaves a trace.
    const bench = await bmc({ ignorePowerControl: isIgnored }, true)
    t.teardown(() => closeBoth(bench.lab, bench.drivers))
    const plugin = ipmiPlugin({ drivers: bench.drivers })
    const run = (action: string) => runAction(plugin, action, { ...bench.params, 'power/min-gap': 0 })
    t.match(await run('powerdiag'), { Power: 'on', Changed: true, Verified: false }, 'an interrupt leaves no trace')
    t.match(await run('powerreset'), { Power: 'on', Changed: true, Verified: !isIgnored })
    t.equal(bench.machine.counts.hardReset, isIgnored ? 0 : 1)
  })

faulty(
  'power control that has no effect is a 504 that says what the BMC reports',
  {
    ignorePowerControl: true,
  },
  async (t, { run }) => {
    await t.rejects(run('poweron', { 'power/timeout': 2 }), { code: 'TARGET_TIMEOUT', message: /off/ })
  },
)

faulty('a BMC that lags behind its machine is waited for', { stalePowerMs: 1500 }, async (t, { run }) => {
  t.match(await run('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
})

for (const [lossRate, rounds] of [
  [0.05, 3],
  [0.2, 1],
] as const)
  faulty(
    `under ${lossRate * 100} % loss no machine is cycled twice, and none is called done that was not`,
    {
      lossIn: lossRate,
      lossOut: lossRate,
    },
    async (t, { run, machine, bmc: { faults } }) => {
      const quiet = { ...faults }
      Object.assign(faults, { lossIn: 0, lossOut: 0 })
      await run('poweron')
      Object.assign(faults, quiet)
      for (let round = 0; round < rounds; round++) {
        const before = machine.counts.powerCycle
        const end = await run('powercycle', { 'power/timeout': 30 }).catch((error: Error & { code?: string }) => error)
        const cycled = machine.counts.powerCycle - before
        t.ok(cycled <= 1, 'once at most')
        if (end instanceof Error) t.match(end, { code: /OUTCOME_UNKNOWN|TARGET_TIMEOUT/ })
        else t.equal(cycled, 1, 'what is reported done was done')
      }
    },
  )

test('an address that nothing listens on is a 502 or a 504, and no crash', async (t) => {
  const { lab, drivers, params } = await bmc()
  await lab.close()
  t.teardown(() => drivers.close())
  const plugin = ipmiPlugin({ drivers })
  await t.rejects(runAction(plugin, 'powerstatus', { ...params, 'power/timeout': 1 }), {
    code: /TARGET_TIMEOUT|TARGET_UNREACHABLE/,
  })
})
