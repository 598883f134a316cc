import { deepEqual, doesNotMatch, equal, ok, rejects } from 'node:assert/strict'
import type { PowerVerb } from '@powerbus/plugin-sdk'
import {
  type BootRequest,
  createPowerEngine,
  type OnceOperation,
  type PowerContext,
  type PowerEngineOptions,
} from '@powerbus/plugin-sdk/power'
import type { BmcConnection, BmcDriver } from './driver.ts'

/** One BMC with one machine, made for one case; the machine is off. */
export interface DriverBench {
  /** The driver for this BMC, with the right password unless another one is given. Sends nothing. */
  driver(password?: string): BmcDriver
  /** Of the power engine; its clock is the one that BMC and driver run on. */
  readonly engine: PowerEngineOptions & Required<Pick<PowerEngineOptions, 'clock'>>
  /** Waits for the promise while the bench's clock runs. */
  wait<T>(promise: Promise<T>): Promise<T>
  /** Whether the machine has power now, whatever its BMC reports. */
  isOn(): boolean
  /** How often the machine executed a cycle, a reset, a diagnostic interrupt or a soft shutdown. */
  count(operation: OnceOperation): number
  /** The mode cannot choose between UEFI and BIOS, and reports EFI as null. */
  readonly lacksEfi?: true
  /** The mode does not say what firmware the BMC has. */
  readonly lacksFirmware?: true
}

/** What a driver may lack. */
export type DriverOperation = Exclude<Parameters<BmcDriver['describe']>[0], 'status'> | 'setBoot'

/** One promise of every driver. */
export interface DriverCase {
  readonly name: string
  readonly needs: readonly DriverOperation[]
  run(bench: DriverBench): Promise<void>
}

const params: PowerContext['params'] = {
  'power/timeout': 20,
  'power/soft-timeout': 600,
  'power/force-after-soft': false,
  'power/resend': false,
  'power/protected': false,
  'power/dry-run': false,
  'power/min-gap': 0,
}

/** The bench's BMC behind a power engine, as the actions of a plugin use it. */
function actionsOf(bench: DriverBench, more: Partial<PowerContext['params']> = {}, password?: string) {
  const engine = createPowerEngine(bench.engine)
  const driver = bench.driver(password)
  const context = (command: string): PowerContext => ({
    command,
    requestId: 'conformance',
    signal: new AbortController().signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: { ...params, ...more },
  })
  const other = (
    operation: 'identify' | 'info' | 'health',
    run: (bmc: BmcConnection) => Promise<unknown> | undefined,
  ) =>
    bench.wait(
      engine.other(
        { sends: [driver.describe(operation)], run: async (bmc: BmcConnection) => run(bmc) },
        driver,
        context(operation),
      ),
    )
  const call = { signal: new AbortController().signal, timeoutMs: 10_000 }
  return {
    driver,
    power: (verb: PowerVerb) => bench.wait(engine.power(verb, driver, context(verb))),
    setBoot: (request: BootRequest) => bench.wait(engine.setBoot(request, driver, context('setBoot'))),
    getBoot: () => bench.wait(engine.getBoot(driver, context('getBoot'))),
    identify: (seconds: number) => other('identify', (bmc) => bmc.identify?.(seconds, call)),
    info: () => other('info', (bmc) => bmc.info?.(call)),
    health: () => other('health', (bmc) => bmc.health?.(call)),
  }
}

/** Compares the named fields. */
function has(actual: unknown, expected: Readonly<Record<string, unknown>>): void {
  const fields = actual as Readonly<Record<string, unknown>>
  deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, fields[name]])), expected)
}

const cases: readonly DriverCase[] = [
  {
    name: 'power on and off send one change each, and none if the machine is in that state',
    needs: ['on', 'off'],
    async run(bench) {
      const { power } = actionsOf(bench)
      has(await power('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
      ok(bench.isOn())
      has(await power('poweron'), { Power: 'on', Changed: false, Verified: true, Attempts: 0 })
      has(await power('poweroff'), { Power: 'off', Changed: true, Verified: true, Attempts: 1 })
      ok(!bench.isOn())
      has(await power('poweroff'), { Power: 'off', Changed: false, Verified: true, Attempts: 0 })
    },
  },
  {
    name: 'a cycle is executed once, and the machine is on afterwards',
    needs: ['on', 'cycle'],
    async run(bench) {
      const { power } = actionsOf(bench)
      await power('poweron')
      has(await power('powercycle'), { Power: 'on', Changed: true, Verified: true, Attempts: 1 })
      ok(bench.isOn())
      equal(bench.count('cycle'), 1)
    },
  },
  {
    name: 'a cycle switches on a machine that is off',
    needs: ['on', 'cycle'],
    async run(bench) {
      has(await actionsOf(bench).power('powercycle'), { Power: 'on', Changed: true, Verified: true })
      ok(bench.isOn())
      equal(bench.count('cycle'), 0)
    },
  },
  {
    name: 'a reset keeps the machine on, and is refused if it is off',
    needs: ['on', 'reset'],
    async run(bench) {
      const { power } = actionsOf(bench)
      await rejects(power('powerreset'), { code: 'TARGET_STATE' })
      await power('poweron')
      const reset = await power('powerreset')
      has(reset, { Power: 'on', Changed: true })
      ok('Verified' in reset && typeof reset.Verified === 'boolean')
      ok(bench.isOn())
      equal(bench.count('reset'), 1)
    },
  },
  {
    name: 'a diagnostic interrupt is sent once, and is refused if the machine is off',
    needs: ['on', 'diag'],
    async run(bench) {
      const { power } = actionsOf(bench)
      await rejects(power('powerdiag'), { code: 'TARGET_STATE' })
      await power('poweron')
      has(await power('powerdiag'), { Power: 'on', Changed: true })
      equal(bench.count('diag'), 1)
    },
  },
  {
    name: 'a soft shutdown is sent once, and ends with the machine off',
    needs: ['on', 'soft'],
    async run(bench) {
      const { power } = actionsOf(bench)
      await power('poweron')
      has(await power('powershutdown'), { Power: 'off', Changed: true, Verified: true })
      ok(!bench.isOn())
      equal(bench.count('soft'), 1)
    },
  },
  ...(['pxe', 'disk', 'cdrom', 'bios'] as const).flatMap((device) =>
    [false, true].map(
      (persistent): DriverCase => ({
        name: `boot device ${device}, ${persistent ? 'persistent' : 'once'}, reads back as it was set, with and without UEFI`,
        needs: ['getBoot', 'setBoot'],
        async run(bench) {
          const { setBoot, getBoot } = actionsOf(bench)
          for (const efi of [true, false]) {
            const EFI = bench.lacksEfi ? null : efi
            const expected = { BootDevice: device, Persistent: persistent, EFI, Verified: true }
            deepEqual(await setBoot({ device, persistent, efi }), expected)
            deepEqual(await getBoot(), expected)
          }
        },
      }),
    ),
  ),
  {
    name: 'the boot device is none until one is set',
    needs: ['getBoot'],
    async run(bench) {
      has(await actionsOf(bench).getBoot(), { BootDevice: 'none' })
    },
  },
  {
    name: 'identify takes 0 to 255 seconds',
    needs: ['identify'],
    async run(bench) {
      const { identify } = actionsOf(bench)
      for (const seconds of [5, 255, 0]) await identify(seconds)
    },
  },
  {
    name: 'info names the BMC, the mode and the firmware',
    needs: ['info'],
    async run(bench) {
      const { driver, info } = actionsOf(bench)
      const facts = (await info()) as Readonly<Record<string, unknown>>
      has(facts, { Address: driver.key, Mode: driver.mode })
      equal(typeof facts.Firmware === 'string', !bench.lacksFirmware)
    },
  },
  {
    name: 'health reports the power state and no fault of a healthy machine',
    needs: ['on', 'health'],
    async run(bench) {
      const { health, power } = actionsOf(bench)
      has(await health(), { Power: 'off', Healthy: true, Faults: [] })
      await power('poweron')
      has(await health(), { Power: 'on' })
    },
  },
  {
    name: 'a dry run of every operation describes it and sends nothing',
    needs: ['on', 'getBoot', 'setBoot', 'identify', 'info', 'health'],
    async run(bench) {
      const dry = actionsOf(bench, { 'power/dry-run': true })
      const answers = {
        poweron: await dry.power('poweron'),
        powerstatus: await dry.power('powerstatus'),
        setBoot: await dry.setBoot({ device: 'pxe', persistent: false, efi: true }),
        identify: await dry.identify(5),
        info: await dry.info(),
        health: await dry.health(),
      }
      for (const [command, answer] of Object.entries(answers)) {
        has(answer, { DryRun: true, Command: command })
        const { Steps } = answer as { readonly Steps: readonly { readonly Send: unknown }[] }
        equal(typeof Steps[0]?.Send, 'string')
      }
      ok(!bench.isOn())
      has(await actionsOf(bench).getBoot(), { BootDevice: 'none' })
    },
  },
  {
    name: 'a wrong password is refused long before the deadline',
    needs: [],
    async run(bench) {
      const { clock } = bench.engine
      const startedMs = clock.nowMs()
      await rejects(actionsOf(bench, {}, 'not this one').power('powerstatus'), { code: 'AUTH_FAILED' })
      ok(clock.nowMs() - startedMs < 5000)
    },
  },
  {
    name: 'no error contains the password',
    needs: [],
    async run(bench) {
      const error = await actionsOf(bench, {}, 'not-this-one')
        .power('powerstatus')
        .catch((reason: unknown) => reason)
      const texts: string[] = []
      for (let at: unknown = error; at instanceof Error; at = at.cause) texts.push(`${at.stack}`)
      ok(texts.length > 0)
      doesNotMatch(texts.join('\n'), /not-this-one/)
    },
  },
]

/** What a driver promises that has all operations but `lacks`; those it must refuse. */
export function driverConformance(lacks: readonly DriverOperation[] = []): readonly DriverCase[] {
  const refusals = lacks.map(
    (operation): DriverCase => ({
      name: `${operation} is not described`,
      needs: [],
      async run(bench) {
        const driver = bench.driver()
        const setsBoot = driver.bootIgnored === undefined ? driver.describeBoot : undefined
        equal(operation === 'setBoot' ? setsBoot : driver.describe(operation), undefined)
      },
    }),
  )
  return [...cases.filter(({ needs }) => !needs.some((operation) => lacks.includes(operation))), ...refusals]
}
