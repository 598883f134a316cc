import { join } from 'node:path'
import { runProgram, type TestScope, tempFolder } from '@powerbus/testkit'
import { createBmc, seededRandom, systemClock } from 'node-ipmi/bmc'
import { test } from 'tap'
import { SimulatedMachine, startHmc, startRacadm } from '../src/index.ts'

const times = { powerUpMs: 50, powerDownMs: 50, cycleOffMs: 100, softShutdownMs: 100 }
const credentials = { username: 'root', password: 'calvin' }

/** Runs a fence agent over SSH; its options come by its standard input, the password with them. */
function fence(t: TestScope, agent: string, port: number, action: string, more: readonly string[] = []) {
  const hosts = join(tempFolder(t), 'known_hosts')
  const options = [
    `action=${action}`,
    'ip=127.0.0.1',
    `ipport=${port}`,
    `username=${credentials.username}`,
    `password=${credentials.password}`,
    'secure=1',
    `ssh_options=-o UserKnownHostsFile=${hosts} -o StrictHostKeyChecking=no`,
    'login_timeout=30',
    'power_wait=1',
    ...more,
  ]
  return runProgram(agent, [], { input: `${options.join('\n')}\n`, timeoutMs: 60_000 })
}

test('fence_drac5 reads the status of a machine and switches it off, on and off and on, over SSH', async (t) => {
  const machine = new SimulatedMachine({ isOn: true, times })
  const users = [{ name: 'root', password: 'calvin' }]
  const bmc = createBmc({ chassis: machine, users, clock: systemClock, random: seededRandom(1) })
  const rac = await startRacadm({ machine: bmc.machine, credentials })
  t.teardown(() => rac.close())
  const run = (action: string) => fence(t, 'fence_drac5', rac.port, action)
  t.match(await run('status'), { code: 0, stdout: /Status: ON/ })
  t.match(await run('off'), { code: 0, stdout: /Success: Powered OFF/ })
  t.notOk(machine.isOn())
  t.match(await run('status'), { code: 2, stdout: /Status: OFF/ })
  t.match(await run('on'), { code: 0, stdout: /Success: Powered ON/ })
  t.match(await run('reboot'), { code: 0, stdout: /Success: Rebooted/ })
  t.same([machine.counts.powerDown, machine.counts.powerUp], [2, 2])
})

test("fence_lpar reads the status of a partition and switches it off and on, by the HMC's command line", async (t) => {
  const machine = new SimulatedMachine({ isOn: true, times })
  const hmc = await startHmc({ machines: [machine], credentials })
  t.teardown(() => hmc.close())
  const run = (action: string) => fence(t, 'fence_lpar', hmc.port, action, ['managed=p9-one', 'plug=lpar1'])
  t.match(await run('status'), { code: 0, stdout: /Status: ON/ })
  t.match(await run('off'), { code: 0, stdout: /Success: Powered OFF/ })
  t.notOk(machine.isOn())
  t.match(await run('on'), { code: 0, stdout: /Success: Powered ON/ })
  t.match(await fence(t, 'fence_lpar', hmc.port, 'list', ['managed=p9-one']), { code: 0, stdout: /lpar1/ })
  t.ok(machine.isOn())
})
