import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runIpmiTool, runProgram, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { foreignBench } from './foreign-bench.ts'

for (const cipherSuite of [3, 17]) {
  test(`ipmitool drives the BMC with cipher suite ${cipherSuite}`, async (t) => {
    const { bmc, machine, target } = await foreignBench(t)
    const tool = async (...command: string[]) => {
      const { code, stdout, stderr } = await runIpmiTool({ ...target, cipherSuite }, command)
      return { code, text: stdout + stderr }
    }
    const works = async (...command: string[]) => {
      const { code, text } = await tool(...command)
      t.equal(code, 0, `${command.join(' ')}: ${text}`)
      return text
    }

    await t.test('power', async (t) => {
      for (const verb of ['cycle', 'reset', 'diag', 'soft']) await works('power', verb)
      t.match(await works('power', 'status'), /is off/)
      for (const verb of ['cycle', 'reset', 'diag']) t.not((await tool('power', verb)).code, 0)
      for (const verb of ['off', 'on', 'on']) await works('power', verb)
      t.match(await works('power', 'status'), /is on/)
      const orders = [
        'powerCycle',
        'hardReset',
        'diagnosticInterrupt',
        'softShutdown',
        'powerDown',
        'powerUp',
        'powerUp',
      ]
      t.same(machine.orders, orders)
      t.match(await works('chassis', 'restart_cause'), /chassis power control command/)
    })

    await t.test('boot devices are read back, flag by flag', async (t) => {
      for (const [device, shown] of [
        ['pxe', /Force PXE/],
        ['disk', /Force Boot from default Hard-Drive/],
        ['cdrom', /Force Boot from CD\/DVD/],
        ['bios', /Force Boot into BIOS Setup/],
        ['none', /No override/],
      ] as const) {
        await works('chassis', 'bootdev', device)
        const once = await works('chassis', 'bootparam', 'get', '5')
        t.match(once, shown)
        t.match(once, /Boot Flag Valid/)
        t.match(once, /only next boot/)
        await works('chassis', 'bootdev', device, 'options=persistent,efiboot')
        const always = await works('chassis', 'bootparam', 'get', '5')
        t.match(always, shown)
        t.match(always, /all future boots/)
        t.match(always, /BIOS EFI boot/)
      }
    })

    await t.test('identity, users and what else it asks', async (t) => {
      t.match(await works('mc', 'info'), /IPMI Version +: 2\.0/)
      t.match(await works('mc', 'guid'), /31303043-534d-2500-90d8-7a1600000000/i)
      t.match(await works('mc', 'selftest'), /passed/)
      await works('chassis', 'policy', 'always-on')
      t.match(await works('chassis', 'status'), /Power Restore Policy : always-on/)
      t.match(await works('user', 'list', '1'), /2 +admin .*ADMINISTRATOR/)
      t.match(await works('channel', 'info', '1'), /802\.3 LAN/)
      t.match(await works('channel', 'getciphers', 'ipmi'), /hmac_sha1[\s\S]*hmac_sha256/)
      t.match(await works('chassis', 'poh'), /1 hours, 30 minutes/)
      t.match(await works('sdr', 'list', 'all'), /BMC +\| .*MC/)
      const sensors = await works('sensor', 'list')
      t.match(sensors, /CPU1 Temp +\| 88\.000 +\| degrees C +\| nc +\| .*\| 85\.000 +\| 95\.000/)
      t.match(sensors, /Fan 1 +\| 4200\.000 +\| RPM +\| ok +\| na +\| 600\.000/)
      t.match(sensors, /12 V +\| 12\.060 +\| Volts +\| ok/)
      t.match(await works('fru', 'print', '0'), /Product Name +: Lab machine[\s\S]*Product Serial +: 0042/)
      t.match(await works('chassis', 'identify', '10'), /10 seconds/)
      t.match(await works('chassis', 'identify', 'force'), /indefinite/)
      t.match(await works('chassis', 'identify', '0'), /off/)
    })

    await t.test('the event log is listed, explained, cleared, and its clock set', async (t) => {
      t.match(await works('sel', 'info'), /Entries +: 5/)
      const [cycle, reset, nmi, ...more] = (await works('sel', 'list')).trim().split('\n')
      t.match(cycle, /1 \|.*\| Power Unit #0x09 \| Power cycle \| Asserted/)
      t.match(reset, /2 \|.*\| System Boot Initiated #0x1d \| Initiated by hard reset \| Asserted/)
      t.match(nmi, /3 \|.*\| Critical Interrupt #0x13 \| NMI\/Diag Interrupt \| Asserted/)
      t.match(more, [/OS graceful shutdown/, /Initiated by power up/])
      t.match(await works('sel', 'elist', 'last', '1'), /5 \|.*Initiated by power up/)
      t.match(await works('sel', 'get', '1'), /Event Data +: a10102/)
      await works('sel', 'time', 'set', '01/02/30 03:04:05')
      t.match(await works('sel', 'time', 'get'), /01\/02\/30 03:04:0/)
      t.match(await works('sel', 'clear'), /Clearing SEL/)
      t.match(await works('sel', 'list'), /1 \| 01\/02\/30 \|.*Log area reset\/cleared \| Asserted\s*$/)
    })

    await t.test('network, sessions and power consumption', async (t) => {
      const lan = await works('lan', 'print', '1')
      for (const line of [
        /Set in Progress +: Set Complete/,
        /IP Address Source +: DHCP Address/,
        /IP Address +: 127\.0\.0\.1\n/,
        /Subnet Mask +: 255\.0\.0\.0/,
        /MAC Address +: 02:00:00:00:00:07/,
        /Default Gateway IP +: 127\.0\.0\.254/,
        /802\.1q VLAN ID +: Disabled/,
        /RMCP\+ Cipher Suites +: 3,17/,
        /Cipher Suite Priv Max +: aaX/,
      ]) {
        t.match(lan, line)
      }
      const session = await works('session', 'info', 'active')
      t.match(session, /user id +: 2\nprivilege level +: ADMINISTRATOR\nsession type +: IPMIv2\/RMCP\+/)
      t.match(session, /console ip +: 127\.0\.0\.1/)
      const power = await works('dcmi', 'power', 'reading')
      t.match(power, /Instantaneous power reading: +180 Watts/)
      t.match(power, /Maximum during sampling period: +220 Watts/)
      t.match(await works('dcmi', 'discover'), /Power management available[\s\S]*512 SEL entries/)
      t.match(await works('user', 'summary', '1'), /Enabled User Count +: 1/)
      t.match(await works('channel', 'getaccess', '1', '2'), /User Name +: admin/)
    })

    await t.test('MC reset is answered, and the BMC is there again', async (t) => {
      t.match(await works('mc', 'reset', 'cold'), /Sent cold reset/)
      // ipmitool leaves its session open, which ends as the BMC restarts.
      await waitUntil('the BMC to restart', () => bmc.sessionCount === 0)
      t.match(await works('mc', 'reset', 'warm'), /Sent warm reset/)
      // Here ipmitool closes its session first; the BMC restarts 100 ms after its answer.
      await sleep(200)
      t.match(await works('power', 'status'), /is on/)
    })

    t.equal(bmc.sessionCount, 0, 'every session was closed')
    t.equal(bmc.counters.dropped.malformed, 0)
  })
}

test('users, channel and LAN settings that ipmitool sets are in force and read back', async (t) => {
  const { target } = await foreignBench(t)
  const tool = async (...command: string[]) => {
    const { code, stdout, stderr } = await runIpmiTool(target, command)
    return { code, text: stdout + stderr }
  }
  const works = async (...command: string[]) => {
    const { code, text } = await tool(...command)
    t.equal(code, 0, `${command.join(' ')}: ${text}`)
    return text
  }
  await t.test('a user that is made here logs in with the password that was set last', async (t) => {
    const login = (password: string) => runIpmiTool({ ...target, username: 'new one', password }, ['mc', 'guid'])
    await works('user', 'set', 'name', '4', 'new one')
    await works('user', 'set', 'password', '4', 'first-one')
    await works('user', 'priv', '4', '4', '1')
    await works('channel', 'setaccess', '1', '4', 'callin=on', 'link=on', 'ipmi=on', 'privilege=4')
    await works('user', 'enable', '4')
    t.match(await works('-c', 'user', 'list', '1'), /\n4,new one,true,true,true,ADMINISTRATOR\n/)
    t.equal((await login('first-one')).code, 0)
    const long = 'a "longer" $password'
    await works('user', 'set', 'password', '4', long, '20')
    t.not((await login('first-one')).code, 0)
    t.equal((await login(long)).code, 0)
    t.match(await works('user', 'test', '4', '20', long), /Success/)
    t.match((await tool('user', 'test', '4', '16', 'first-one')).text, /wrong password size/)
    await works('user', 'disable', '4')
    t.match(await works('user', 'summary', '1'), /Maximum IDs\s+: 10\n *Enabled User Count +: 1/)
  })

  await t.test('channel and LAN settings are read back', async (t) => {
    await works('lan', 'set', '1', 'access', 'on')
    t.match(
      await works('channel', 'info', '1'),
      /Access Mode +: always available[\s\S]*Access Mode +: always available/,
    )
    for (const setting of [
      'ipsrc static',
      'netmask 255.255.0.0',
      'defgw ipaddr 127.0.0.253',
      'macaddr 02:00:00:00:00:08',
    ])
      await works('lan', 'set', '1', ...setting.split(' '))
    const lan = await works('lan', 'print', '1')
    for (const text of ['Static Address', '255.255.0.0', '127.0.0.253', '02:00:00:00:00:08'])
      t.ok(lan.includes(text), text)
  })
})

test('ipmitool finds the cipher suite by itself without a time-out', async (t) => {
  for (const suite of [3, 17] as const) {
    const { target, bmc } = await foreignBench(t, { cipherSuites: [suite] })
    const passwordFile = join(tempFolder(t), 'password')
    writeFileSync(passwordFile, target.password, { mode: 0o600 })
    const login = ['-H', target.address, '-p', String(target.port), '-U', target.username, '-f', passwordFile]
    const { code, elapsedMs } = await runProgram('ipmitool', ['-I', 'lanplus', ...login, 'power', 'status'])
    t.equal(code, 0)
    t.ok(elapsedMs < 8000, `${elapsedMs} ms`)
    t.equal(bmc.counters.sessions, 1)
  }
})

test('ipmitool logs in with K_g, and reports a wrong password and a full session table', async (t) => {
  const { target, bmc } = await foreignBench(t, { kg: Buffer.from('the key'), maxSessions: 1 })
  const status = ['power', 'status']
  t.equal((await runIpmiTool({ ...target, kg: 'the key' }, status)).code, 0)
  t.equal(bmc.counters.sessions, 1)
  bmc.faults.fullSessionTable = true
  const full = await runIpmiTool({ ...target, kg: 'the key' }, status)
  t.not(full.code, 0)
  t.match(full.stderr, /insufficient resources/)
  bmc.faults.fullSessionTable = false
  t.not((await runIpmiTool({ ...target, password: 'wrong', kg: 'the key' }, status)).code, 0)
  t.equal(bmc.counters.sessions, 1)
  t.equal(bmc.sessionCount, 1, 'ipmitool leaves one half-open session')
})
