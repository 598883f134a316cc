import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runIpmiTool, runProgram, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { credentials, rackOfOne } from './rack-of-one.ts'

test('redfishtool logs in, powers and boots the machine that ipmitool sees', async (t) => {
  const { machine, service, faces, folder } = await rackOfOne(t)
  const config = join(folder, 'redfishtool.json')
  writeFileSync(config, JSON.stringify({ user: credentials.username, password: credentials.password }))
  const tool = async (...words: string[]) => {
    const place = ['-r', `${service.address}:${service.port}`, '-c', config, '-n', '-S', 'Always']
    const { code, stdout, stderr } = await runProgram('redfishtool', [...place, ...words], { timeoutMs: 60_000 })
    t.equal(code, 0, `${words.join(' ')}: ${stdout} ${stderr}`)
    return stdout
  }
  const power = async (wanted: boolean) => {
    await waitUntil(`the machine to be ${wanted ? 'on' : 'off'}`, () => machine.isOn() === wanted)
    const ipmi = faces.ipmi
    const target = { address: ipmi?.address ?? '', port: ipmi?.port ?? 0, ...credentials }
    const { stdout } = await runIpmiTool(target, ['power', 'status'])
    t.match(stdout, `Chassis Power is ${wanted ? 'on' : 'off'}`)
  }

  t.match(JSON.parse(await tool('-A', 'Session', 'Systems', '-1', 'get')), { Id: '1', PowerState: 'Off' })
  await tool('Systems', '-1', 'setBootOverride', 'Once', 'Pxe')
  t.match(machine.bootFlags, { valid: true, persistent: false, device: 1 })
  await tool('Systems', '-1', 'reset', 'On')
  await power(true)
  t.match(machine.lastBoot, { device: 'pxe' })
  await tool('Systems', '-1', 'reset', 'PowerCycle')
  await waitUntil('the end of the cycle', () => machine.isOn())
  await tool('Systems', '-1', 'reset', 'ForceOff')
  await power(false)
  t.match(machine.counts, { powerUp: 1, powerCycle: 1, powerDown: 1 })
  t.equal(service.state.sessions.made, 1)
  t.same(service.state.sessions.all(), [], 'it logs out')
})
