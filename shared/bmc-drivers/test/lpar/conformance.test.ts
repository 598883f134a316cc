import { Secret } from '@powerbus/plugin-sdk/power'
import { test } from 'tap'
import { driverConformance } from '../../src/conformance.ts'
import { hmcBench } from './hmc-bench.ts'

const verbs = { cycle: 'powerCycle', reset: 'powerCycle', soft: 'softShutdown' } as const

for (const { name, run } of driverConformance(['acCycle', 'diag', 'getBoot', 'setBoot', 'identify']))
  test(`lpar: ${name}`, async (t) => {
    const { hmc, machine, factory, target, clock } = await hmcBench(t)
    await run({
      driver: (password) => factory.driver({ ...target, ...(password && { password: new Secret(password) }) }),
      engine: { clock, random: () => 0.5 },
      wait: (promise) => promise,
      isOn: () => machine.isOn(),
      count: (operation) => (operation in verbs ? machine.counts[verbs[operation as keyof typeof verbs]] : 0),
      lacksFirmware: true,
    })
    t.ok(hmc.rest.sessions <= 1)
    await factory.close()
    t.equal(hmc.rest.sessions, 0)
    t.equal(hmc.rest.jobs.open, 0)
  })
