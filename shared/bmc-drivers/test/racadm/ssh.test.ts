import { Secret } from '@powerbus/plugin-sdk/power'
import { waitUntil } from '@powerbus/testkit'
import type { Algorithms } from 'ssh2'
import { test } from 'tap'
import { call, racBench } from './rac-bench.ts'

test('without exec channels the commands run in one shell, and say the same', async (t) => {
  const { rac, machine, open } = await racBench(t, { transport: 'ssh', knobs: { offersExec: false } })
  const connection = await open()
  t.equal(await connection.status(call()), 'off')
  await connection.on(call())
  await waitUntil('the machine is on', () => machine.isOn())
  t.equal(await connection.status(call()), 'on')
  await connection.setBoot({ device: 'pxe', persistent: false, efi: true }, call())
  t.match(await connection.getBoot(call()), { device: 'pxe', persistent: false })
  t.match(await connection.health(call()), { Power: 'on', Healthy: true })
  await connection.close(call())
  await waitUntil('no connection is left', () => rac.ssh.connections === 0)
  t.equal(rac.ssh.logins, 1)
})

test('a wrong password is tried once, by whichever way to log in the firmware has', async (t) => {
  for (const method of ['password', 'keyboard-interactive'] as const) {
    const { rac, open } = await racBench(t, { transport: 'ssh', isOn: true, sshMethods: [method] })
    const wrong = await open({ password: new Secret('not-this') })
    const error = await wrong.status(call()).catch((reason: unknown) => reason)
    t.match(error, { code: 'AUTH_FAILED' }, method)
    t.notMatch(String((error as Error).stack), 'not-this')
    t.equal(rac.ssh.logins, 1)
    const right = await open()
    t.equal(await right.status(call()), 'on')
    await right.close(call())
  }
})

test('the host key of an address is pinned on first use: another one gets no password', async (t) => {
  const { rac, power, open } = await racBench(t, { transport: 'ssh', isOn: true })
  t.match(await power('powerstatus'), { Power: 'on' })
  await rac.ssh.start()
  const { logins } = rac.ssh
  const connection = await open()
  await t.rejects(connection.status(call()), { code: 'TARGET_UNREACHABLE', message: /host key/ })
  t.equal(rac.ssh.logins, logins)
})

test('a connection that ends during a cycle leaves its outcome unknown, and is no success without output', async (t) => {
  const { rac, machine, open } = await racBench(t, { transport: 'ssh', isOn: true })
  const connection = await open()
  await connection.status(call())
  rac.knobs.delayMs = 500
  const cycle = connection.cycle(call())
  setTimeout(() => rac.ssh.close(), 100)
  await t.rejects(cycle, { code: 'OUTCOME_UNKNOWN' })
  await waitUntil('the RAC has executed it', () => machine.counts.powerCycle === 1)
  rac.knobs.delayMs = 0
  t.match(await connection.status(call()), /on|off/, 'the next command logs in again')
  await connection.close(call())
})

test('a RAC that hangs costs the time of the call', async (t) => {
  const { rac, open } = await racBench(t, { transport: 'ssh', knobs: { delayMs: 5000 } })
  const connection = await open()
  await t.rejects(connection.status({ ...call(), timeoutMs: 500 }), { code: 'TARGET_TIMEOUT' })
  await waitUntil('no connection is left', () => rac.ssh.connections === 0)
})

test('auto takes SSH where there is no racadm over HTTPS, remembers it, and looks again when it fails', async (t) => {
  const { rac, power } = await racBench(t, { transport: 'auto', isOn: true, knobs: { offersCgi: false } })
  t.match(await power('powerstatus'), { Power: 'on' })
  t.match(await power('powerstatus'), { Power: 'on' })
  t.same([rac.cgi.logins, rac.ssh.logins], [0, 2])
})

test('auto takes HTTPS where it is, and tries no second way after a wrong password', async (t) => {
  const { rac, power, open } = await racBench(t, { transport: 'auto', isOn: true })
  t.match(await power('powerstatus'), { Power: 'on' })
  const wrong = await open({ password: new Secret('x') })
  await t.rejects(wrong.status(call()), { code: 'AUTH_FAILED' })
  t.same([rac.cgi.logins, rac.ssh.logins], [2, 0])
})

test('old algorithms are offered where the workaround is named, and not otherwise', async (t) => {
  const sshAlgorithms: Algorithms = { kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'] }
  const { open } = await racBench(t, { transport: 'ssh', isOn: true, sshAlgorithms })
  const refused = await open()
  await t.rejects(refused.status(call()), { code: 'TARGET_UNREACHABLE', message: /old-ssh/ })
  const connection = await open({ workarounds: ['old-ssh'] })
  t.equal(await connection.status(call()), 'on')
  await connection.close(call())
})
