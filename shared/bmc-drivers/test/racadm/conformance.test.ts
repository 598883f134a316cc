import { Secret } from '@powerbus/plugin-sdk/power'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { driverConformance } from '../../src/conformance.ts'
import { racBench } from './rac-bench.ts'

const verbs = { cycle: 'powerCycle', reset: 'hardReset', diag: 'diagnosticInterrupt', soft: 'softShutdown' } as const

for (const transport of ['cgi', 'ssh'] as const)
  for (const { name, run } of driverConformance(['acCycle']))
    test(`racadm over ${transport}: ${name}`, async (t) => {
      const { machine, factory, target, clock, openSessions } = await racBench(t, { transport })
      await run({
        driver: (password) => factory.driver({ ...target, ...(password && { password: new Secret(password) }) }),
        engine: { clock, random: () => 0.5 },
        wait: (promise) => promise,
        isOn: () => machine.isOn(),
        count: (operation) => (operation === 'acCycle' ? 0 : machine.counts[verbs[operation]]),
        lacksEfi: true,
      })
      await waitUntil('no session is left', () => openSessions() === 0)
    })
