import { runProgram, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { credentials, rackOfOne } from './rack-of-one.ts'

test('fence_redfish finds the system, powers it and reads its state', async (t) => {
  const { machine, service } = await rackOfOne(t)
  const fence = (action: string) => {
    // Words on the standard input, since a password is no word of a command line.
    const input = [
      `ip=${service.address}`,
      `ipport=${service.port}`,
      `username=${credentials.username}`,
      `password=${credentials.password}`,
      'ssl_insecure=1',
      `action=${action}`,
      '',
    ].join('\n')
    return runProgram('fence_redfish', [], { input, timeoutMs: 60_000 })
  }
  // Exit code 2 of a status: the machine is off.
  t.match(await fence('status'), { code: 2 })
  t.match(await fence('on'), { code: 0 })
  await waitUntil('the machine to be on', () => machine.isOn())
  t.match(await fence('reboot'), { code: 0 })
  await waitUntil('the machine to be on again', () => machine.isOn())
  t.match(machine.counts, { powerUp: 2, powerDown: 1 })
  t.equal(service.state.sessions.made, 0, 'it uses Basic')
})
