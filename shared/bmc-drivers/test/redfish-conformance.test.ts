import { Secret } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { driverConformance } from '../src/conformance.ts'
import { redfishBench } from './redfish-bench.ts'

const verbs = {
  cycle: 'powerCycle',
  reset: 'hardReset',
  diag: 'diagnosticInterrupt',
  soft: 'softShutdown',
  acCycle: 'powerDown',
} as const
/** iLO has no PowerCycle, and restarts warm. */
const ofHpe = { ...verbs, cycle: 'powerDown', reset: 'softShutdown' } as const

for (const personality of ['standard', 'dell', 'hpe', 'ami', 'gb200', 'openbmc'] as const)
  for (const { name, run } of driverConformance())
    test(`redfish, ${personality}: ${name}`, async () => {
      const bench = redfishBench({ personality })
      const { clock, factory, machine, target } = bench
      await run({
        driver: (password) => factory.driver({ ...target, ...(password && { password: new Secret(password) }) }),
        engine: { clock, random: () => 0.5 },
        wait: (promise) => clock.run(promise),
        isOn: () => machine.isOn(),
        ...(personality === 'openbmc' && { lacksEfi: true }),
        count: (operation) => bench.count((personality === 'hpe' ? ofHpe : verbs)[operation]),
      })
      await bench.close()
    })
