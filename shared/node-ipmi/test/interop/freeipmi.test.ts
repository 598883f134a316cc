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
    const run = (program: string, ...options: string[]) =>
      runProgram(program, [`--config-file=${config}`, ...login, ...options])
    const tool = async (program: string, ...options: string[]) => {
      const { code, stdout, stderr } = await run(program, ...options)
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
    const sensors = await tool('ipmi-sensors', `--sdr-cache-directory=${folder}`, '--output-sensor-thresholds')
    t.match(sensors, /CPU1 Temp +\| Temperature +\| 88\.00 +\| C +\|.*\| 85\.00 +\| 95\.00/)
    t.match(sensors, /Fan 1 +\| Fan +\| 4200\.00 +\| RPM/)
    const fru = await tool('ipmi-fru', `--sdr-cache-directory=${folder}`)
    t.match(fru, /FRU Product Name: Lab machine\n[\s\S]*FRU Product Serial Number: 0042/)

    const power = await tool('ipmi-dcmi', '--get-system-power-statistics')
    t.match(power, /Current Power +: 180 Watts[\s\S]*Maximum Power.* : 220 watts/i)
    t.match(await tool('ipmi-dcmi', '--get-dcmi-capability-info'), /Power Management.* : Available/)
    t.match(await tool('bmc-device', '--get-sel-time'), /SEL Time : \d\d\/\d\d\/20\d\d/)
    const network = await tool('bmc-config', '--checkout', '--section=Lan_Conf')
    t.match(network, /IP_Address_Source +Use_DHCP[\s\S]*IP_Address +127\.0\.0\.1\n[\s\S]*Subnet_Mask +255\.0\.0\.0/)
    // It ends with status 1, since no command of IPMI reads a user's session limit.
    const user = (await run('bmc-config', '--checkout', '--section=User2')).stdout
    t.match(user, /Username +admin\n[\s\S]*Enable_User +Yes\n[\s\S]*Lan_Privilege_Limit +Administrator\n/)

    const flags = 'Chassis_Boot_Flags'
    const boot = async () =>
      (await tool('ipmi-chassis-config', '--checkout', `--section=${flags}`)).replaceAll(/ +/g, ' ')
    for (const [device, persistent, type] of [
      ['PXE', 'No', 'EFI'],
      ['BIOS-SETUP', 'Yes', 'PC-COMPATIBLE'],
      ['CD-DVD', 'No', 'PC-COMPATIBLE'],
    ] as const) {
      const pairs = [`Boot_Device=${device}`, `Boot_Flags_Persistent=${persistent}`, `BIOS_Boot_Type=${type}`]
      await tool('ipmi-chassis-config', '--commit', ...pairs.flatMap((pair) => ['-e', `${flags}:${pair}`]))
      const shown = await boot()
      for (const pair of pairs) t.match(shown, `${pair.replace('=', ' ')}\n`)
    }
    t.match(await tool('ipmi-sensors', `--sdr-cache-directory=${folder}`), /^ID +\| Name/)

    await tool('bmc-device', '--cold-reset')
    // The BMC restarts 100 ms after its answer.
    await sleep(200)
    t.match((await runIpmiPower(target, ['--stat'])).stdout, /: on/)
    t.equal(bmc.counters.dropped.malformed, 0)
  })
}
