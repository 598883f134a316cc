import type { BmcFaults } from 'node-ipmi/bmc'
import { type Test, test } from 'tap'
import { type MemoryBmcOptions, memoryBmc } from './memory-bmc.ts'

type Bench = Awaited<ReturnType<typeof memoryBmc>>

const times = { 'power/min-gap': 0, 'power/timeout': 15 }

/** One test on a BMC with these faults, on a virtual clock. */
function faulty(
  title: string,
  faults: BmcFaults,
  body: (t: Test, bench: Bench) => Promise<void>,
  options: MemoryBmcOptions = {},
): void {
  test(title, async (t) => {
    await body(t, await memoryBmc({ faults, ...options, params: { ...times, ...options.params } }))
  })
}

faulty('a busy BMC is asked again', { busyCommands: 3 }, async (t, { power }) => {
  t.match(await power('poweron'), { Power: 'on', Changed: true, Verified: true })
})

for (const completionCode of [0xc0, 0xc3, 0xc4, 0xcf, 0xd0, 0xd1, 0xd2])
  faulty(
    `a read that is answered ${completionCode.toString(16)}h is asked again`,
    { rules: [{ message: 'Get Chassis Status', completionCode, times: 2 }] },
    async (t, { power }) => {
      t.match(await power('powerstatus'), { Power: 'off' })
    },
  )

faulty('a cycle that a busy BMC refuses is not sent again', {}, async (t, { power, count, bmc: { faults } }) => {
  await power('poweron')
  faults.completionCodes = { 'Chassis Control': 0xc0 }
  await t.rejects(power('powercycle'), { code: 'IPMI_COMPLETION', message: /C0h/i })
  t.equal(count('powerCycle'), 0)
})

faulty(
  'a full session table is waited for',
  { fullSessionTable: true },
  async (t, { power, clock, bmc: { faults } }) => {
    clock.after(700, () => {
      faults.fullSessionTable = false
    })
    t.match(await power('powerstatus'), { Power: 'off' })
  },
)

faulty(
  'a session table that stays full is TARGET_BUSY',
  { fullSessionTable: true },
  async (t, { power }) => {
    await t.rejects(power('powerstatus'), { code: 'TARGET_BUSY' })
  },
  { params: { 'power/timeout': 2 } },
)

faulty(
  'the error of a dead BMC has its address and the time waited',
  { hang: true },
  async (t, { power, clock }) => {
    const startedMs = clock.nowMs()
    await t.rejects(power('poweron'), { code: 'TARGET_TIMEOUT', message: /10\.0\.0\.1:623.* \d+\.\d s/ })
    t.ok(clock.nowMs() - startedMs < 10_000)
  },
  { params: { 'power/timeout': 2 } },
)

for (const [code, expected] of [
  [0xc1, 'IPMI_COMPLETION'],
  [0xcc, 'IPMI_COMPLETION'],
  [0xd4, 'AUTH_FAILED'],
  [0xd5, 'TARGET_STATE'],
] as const)
  faulty(
    `completion code ${code.toString(16)}h is ${expected}, and the command is not repeated`,
    { completionCodes: { 'Chassis Control': code } },
    async (t, { power, count }) => {
      await t.rejects(power('poweron'), { code: expected, message: new RegExp(`${code.toString(16)}h`, 'i') })
      t.equal(count('powerUp'), 0)
    },
  )

for (const [verb, isOn, state] of [
  ['poweroff', true, 'off'],
  ['poweron', false, 'on'],
] as const)
  faulty(
    `${verb} answered "not in this state" by a machine that is ${state} already is done`,
    { completionCodes: { 'Chassis Control': 0xd5 } },
    async (t, { power, machine, clock }) => {
      clock.after(20, () => {
        machine.isOn = !isOn
      })
      t.match(await power(verb), { Power: state, Verified: true })
    },
    { isOn },
  )

faulty(
  'a login as user may read, and is refused a change with the name of the param',
  {},
  async (t, { power }) => {
    t.match(await power('powerstatus'), { Power: 'off' })
    await t.rejects(power('poweron'), { code: 'AUTH_FAILED', message: /ipmi\/privilege/ })
  },
  { target: { privilege: 'user' } },
)

for (const workarounds of [[], ['no-boot-timer-option']] as const)
  faulty(
    `a BMC that ${workarounds.length ? 'is not asked to' : 'refuses to'} keep boot flags takes the boot device, with a note that it expires`,
    { refuseTimerOption: true },
    async (t, { setBoot }) => {
      const expected = { BootDevice: 'pxe', EFI: true, Verified: true, Note: /60 s/ }
      t.match(await setBoot({ device: 'pxe', persistent: false, efi: true }), expected)
    },
    { target: { workarounds } },
  )

faulty(
  'the workaround for Supermicro sends device 24h, and reads it back as the disk',
  {},
  async (t, { setBoot, machine }) => {
    const disk = { device: 'disk', persistent: true, efi: true } as const
    t.strictSame(await setBoot(disk), { BootDevice: 'disk', Persistent: true, EFI: true, Verified: true })
    t.equal(machine.bootFlags?.device, 0x24 >> 2)
    t.match(await setBoot(disk, { 'power/dry-run': true }), { Steps: [{ Send: /05h E0h 24h/ }, {}] })
  },
  { target: { workarounds: ['supermicro-uefi-disk'] } },
)

for (const [times, expected] of [
  [3, /^[0-9a-f-]{36}$/],
  [4, undefined],
] as const)
  faulty(
    `the GUID of a BMC that is busy ${times} times is ${expected ? 'asked for again' : 'left out'}`,
    { rules: [{ message: 'Get System GUID', completionCode: 0xc0, times }] },
    async (t, { clock, driver }) => {
      const limits = { signal: new AbortController().signal, timeoutMs: 5000 }
      const info = await clock.run(driver.open(limits).then((bmc) => bmc.info?.(limits)))
      if (expected) t.match(info?.Guid, expected)
      else t.equal(info?.Guid, null)
    },
  )

const smbios = Uint8Array.from(Buffer.from('33221100554477468899aabbccddeeff', 'hex'))
for (const [workaround, bytes, expected] of [
  [undefined, smbios, '00112233-4455-4677-8899-aabbccddeeff'],
  ['guid-smbios', smbios, '00112233-4455-4677-8899-aabbccddeeff'],
  ['guid-rfc4122', smbios, '33221100-5544-7746-8899-aabbccddeeff'],
  ['guid-ipmi', smbios, 'ffeeddcc-bbaa-9988-4677-445500112233'],
  [undefined, new Uint8Array(16), null],
  ['guid-ipmi', new Uint8Array(16).fill(0xff), null],
] as const)
  faulty(
    `the GUID is ${expected} with ${workaround ?? 'no workaround'}`,
    { rules: [{ message: 'Get System GUID', alter: () => bytes }] },
    async (t, { clock, driver }) => {
      const limits = { signal: new AbortController().signal, timeoutMs: 5000 }
      const info = driver.open(limits).then((bmc) => bmc.info?.(limits))
      t.equal((await clock.run(info))?.Guid, expected)
    },
    { target: { workarounds: workaround ? [workaround] : [] } },
  )

for (const isIgnored of [false, true])
  faulty(
    `a reset that is ${isIgnored ? 'ignored' : 'done'} is ${isIgnored ? 'not verified' : 'verified'}, an interrupt never`,
    { ignorePowerControl: isIgnored },
    async (t, { power, count }) => {
      t.match(await power('powerdiag'), { Power: 'on', Changed: true, Verified: false }, 'an interrupt leaves no trace')
      t.match(await power('powerreset'), { Power: 'on', Changed: true, Verified: !isIgnored })
      t.equal(count('hardReset'), isIgnored ? 0 : 1)
    },
    // On since before the BMC's first command: no command was its last start, so that a reset leaves a trace.
    { isOn: true },
  )

faulty(
  'the error of a power control without effect has the state that the BMC reports',
  { ignorePowerControl: true },
  async (t, { power }) => {
    await t.rejects(power('poweron'), { code: 'TARGET_TIMEOUT', message: /off/ })
  },
  { params: { 'power/timeout': 2 } },
)

faulty('a power state that lags behind the machine is waited for', { stalePowerMs: 1500 }, async (t, { power }) => {
  t.match(await power('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
})

for (const lossRate of [0.05, 0.2])
  faulty(
    `under ${lossRate * 100} % loss no machine is cycled twice, and no cycle that did not happen is reported done`,
    {},
    async (t, { power, count, bmc: { faults } }) => {
      await power('poweron')
      Object.assign(faults, { lossIn: lossRate, lossOut: lossRate })
      for (let round = 0; round < 10; round++) {
        const before = count('powerCycle')
        const end = await power('powercycle').catch((error: Error & { code?: string }) => error)
        const cycled = count('powerCycle') - before
        t.ok(cycled <= 1, 'once at most')
        if (end instanceof Error) t.match(end, { code: /OUTCOME_UNKNOWN|NOT_ANSWERED|TARGET_TIMEOUT/ })
        if (end instanceof Error && /NOT_ANSWERED|TARGET_TIMEOUT/.test(`${end.code}`)) t.equal(cycled, 0, `${end.code}`)
        if (!(end instanceof Error)) t.equal(cycled, 1, 'a cycle that is reported done was done')
      }
    },
    { params: { 'power/timeout': 30 } },
  )

faulty(
  'an address that nothing listens on is a timeout or unreachable',
  {},
  async (t, { power }) => {
    await t.rejects(power('powerstatus'), { code: /TARGET_TIMEOUT|TARGET_UNREACHABLE/ })
  },
  { target: { address: '10.0.0.2' }, params: { 'power/timeout': 1 } },
)
