import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runIpmiPower, runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { foreignBench } from './foreign-bench.ts'

for (const cipherSuite of [3, 17]) {
  test(`FreeIPMI's programs read and manage the BMC with cipher suite ${cipherSuite}`, async (t) => {
    const { bmc, target: bench } = await foreignBench(t, { users: [{ name: 'admin', password: 'secret' }] })
    const target = { ...bench, password: 'secret', cipherSuite }
    const folder = tempFolder(t)
    const config = join(folder, 'freeipmi.conf')
    writeFileSync(config, 'username admin\npassword secret\n', { mode: 0o600 })
    const login = ['-D', 'LAN_2_0', '-I', String(cipherSuite), '-h', `${target.address}:${target.port}`]
    const tool = async (program: string, ...options: string[]) => {
      const { code, stdout, stderr } = await runProgram(program, [`--config-file=${config}`, ...login, ...options])
      t.equal(code, 0, `${program} ${options.join(' ')}: ${stdout}${stderr}`)
      return stdout
    }
    const sel = (...options: string[]) => tool('ipmi-sel', `--sdr-cache-directory=${folder}`, ...options)

    t.match((await runIpmiPower(target, ['--cycle'])).stdout, /: ok/)
    const [, cycle] = (await sel()).trim().split(/\n(?=\d)/)
    t.match(cycle, /^1 +\|.*\| Power Unit +\| Power Cycle ; OEM Event Data2 code = 01h ; OEM Event Data3 code = 02h$/)
    t.match(await sel('--info'), /Number of log entries +: 1\n[\s\S]*Reserve SEL Command +: supported/)
    await sel('--clear')
    t.match(await sel(), /Event Logging Disabled +\| Log Area Reset\/Cleared\s*$/)

    const info = await tool('bmc-info')
    t.match(info, /IPMI Version +: 2\.0[\s\S]*SEL Device +: supported/)
    t.match(info, /System GUID : 31303043-534d-2500-90d8-7a1600000000/)
    t.match(info, /Channel Number +: 1\nMedium Type +: 802\.3 LAN/)
    const fru = await tool('ipmi-fru', `--sdr-cache-directory=${folder}`)
    t.match(fru, /FRU Product Name: Lab machine\n[\s\S]*FRU Product Serial Number: 0042/)

    const power = await tool('ipmi-dcmi', '--get-system-power-statistics')
    t.match(power, /Current Power +: 180 Watts[\s\S]*Maximum Power.* : 220 watts/i)
    t.match(await tool('ipmi-dcmi', '--get-dcmi-capability-info'), /Power Management.* : Available/)
    t.match(await tool('bmc-device', '--get-sel-time'), /SEL Time : \d\d\/\d\d\/20\d\d/)
    const network = await tool('bmc-config', '--checkout', '--section=Lan_Conf')
    t.match(network, /IP_Address_Source +Use_DHCP[\s\S]*IP_Address +127\.0\.0\.1\n[\s\S]*Subnet_Mask +255\.0\.0\.0/)
    t.match(await tool('ipmi-sensors', `--sdr-cache-directory=${folder}`), /^ID +\| Name/)

    await tool('bmc-device', '--cold-reset')
    // The BMC restarts 100 ms after its answer.
    await sleep(200)
    t.match((await runIpmiPower(target, ['--stat'])).stdout, /: on/)
    t.equal(bmc.counters.dropped.malformed, 0)
  })
}
