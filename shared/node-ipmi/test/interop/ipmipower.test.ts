import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runIpmiPower, runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { foreignBench } from './foreign-bench.ts'

for (const cipherSuite of [3, 17]) {
  test(`FreeIPMI's ipmipower and ipmi-chassis drive the BMC with cipher suite ${cipherSuite}`, async (t) => {
    const { bmc, machine, target: bench } = await foreignBench(t, { users: [{ name: 'admin', password: 'secret' }] })
    const target = { ...bench, password: 'secret', cipherSuite }
    const power = async (option: string) => (await runIpmiPower(target, [option])).stdout

    t.match(await power('--stat'), /: on/)
    for (const option of ['--cycle', '--reset', '--pulse', '--soft']) t.match(await power(option), /: ok/, option)
    t.match(await power('--stat'), /: off/)
    for (const option of ['--on', '--off']) t.match(await power(option), /: ok/, option)
    const orders = ['powerCycle', 'hardReset', 'diagnosticInterrupt', 'softShutdown', 'powerUp', 'powerDown']
    t.same(machine.orders, orders)
    t.match((await runIpmiPower({ ...target, password: 'wrong' }, ['--stat'])).stdout, /password/)

    const config = join(tempFolder(t), 'freeipmi.conf')
    writeFileSync(config, 'username admin\npassword secret\n', { mode: 0o600 })
    const login = ['-D', 'LAN_2_0', '-I', String(cipherSuite), '-h', `${target.address}:${target.port}`]
    const chassis = (...options: string[]) =>
      runProgram('ipmi-chassis', [`--config-file=${config}`, ...login, ...options])
    t.equal((await chassis('--chassis-identify=30')).code, 0)
    t.match((await chassis('--get-chassis-status')).stdout, /Chassis Identify state +: Timed on/)
    t.match((await chassis('--get-system-restart-cause')).stdout, /Chassis control command/)
    t.match((await chassis('--get-chassis-capabilities')).stdout, /Diagnostic Interrupt +: provided/)
    t.equal(bmc.counters.dropped.malformed, 0)
  })
}
