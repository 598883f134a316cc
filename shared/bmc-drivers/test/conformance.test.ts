import { Secret } from '@powerbus/plugin-sdk/power'
import { test } from 'tap'
import { driverConformance } from '../src/conformance.ts'
import { memoryBmc, rightTarget } from './memory-bmc.ts'

const verbs = {
  acCycle: 'powerCycle',
  cycle: 'powerCycle',
  reset: 'hardReset',
  diag: 'diagnosticInterrupt',
  soft: 'softShutdown',
} as const

for (const { name, run } of driverConformance(['acCycle']))
  test(`ipmitool: ${name}`, async () => {
    const { clock, machine, factory, count } = await memoryBmc()
    await run({
      driver: (password) => factory.driver({ ...rightTarget, ...(password && { password: new Secret(password) }) }),
      engine: { clock, random: () => 0.5 },
      wait: (promise) => clock.run(promise),
      isOn: () => machine.isOn,
      count: (operation) => count(verbs[operation]),
    })
    await clock.run(factory.close())
  })

test('a driver that lacks an operation must not describe it, and need not do what needs it', async (t) => {
  const names = (lacks: Parameters<typeof driverConformance>[0]) => driverConformance(lacks).map(({ name }) => name)
  t.ok(names([]).some((name) => name.includes('diagnostic interrupt')))
  t.notOk(names(['diag']).some((name) => name.includes('diagnostic interrupt')))
  const refused = driverConformance(['diag']).find(({ name }) => name === 'diag is not described')
  const { clock, driver } = await memoryBmc()
  const bench = { engine: { clock }, wait: <T>(promise: Promise<T>) => promise, isOn: () => false, count: () => 0 }
  await t.rejects(refused?.run({ ...bench, driver: () => driver }) ?? Promise.resolve())
  await refused?.run({ ...bench, driver: () => ({ ...driver, describe: () => undefined }) })
})
