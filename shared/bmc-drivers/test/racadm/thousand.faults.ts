import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { hmcBench } from '../lpar/hmc-bench.ts'
import { racBench } from './rac-bench.ts'

const ACTIONS = 1000

test('1,000 actions over each transport leave no session at the RAC', async (t) => {
  for (const transport of ['cgi', 'ssh'] as const) {
    const { power, openSessions } = await racBench(t, { transport, isOn: true })
    for (let action = 0; action < ACTIONS; action++) await power('powerstatus')
    await waitUntil('no session is left', () => openSessions() === 0)
  }
})

test('1,000 actions at an HMC take one session, and none is left when the process stops', async (t) => {
  const { hmc, power, factory } = await hmcBench(t, { isOn: true })
  for (let action = 0; action < ACTIONS; action++) await power('powerstatus')
  t.equal(hmc.rest.logons, 1)
  await factory.close()
  t.equal(hmc.rest.sessions, 0)
})
