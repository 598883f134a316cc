import { Secret } from '@powerbus/plugin-sdk/power'
import { selfSignedCertificate } from '@powerbus/redfish/service'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { fingerprintOf } from './fingerprint-of.ts'
import { call, racBench } from './rac-bench.ts'

test('an action logs in once and leaves no session, also after a refusal', async (t) => {
  const { rac, power, openSessions } = await racBench(t)
  t.match(await power('poweron'), { Power: 'on', Changed: true })
  t.equal(rac.cgi.logins, 1)
  t.equal(openSessions(), 0)
  rac.knobs.refusedDevices = ['PXE']
  await t.rejects(power('powerreset').then(() => power('powerreset', { 'power/protected': true })))
  t.equal(openSessions(), 0)
})

test('a wrong password is tried once, whatever it has in it, and does not appear in the error', async (t) => {
  const { rac, open } = await racBench(t)
  const connection = await open({ password: new Secret('<not&this>') })
  const error = await connection.status(call()).catch((reason: unknown) => reason)
  t.match(error, { code: 'AUTH_FAILED' })
  t.notMatch(String((error as Error).stack), 'not&this')
  t.equal(rac.cgi.logins, 1)
})

test('session 0 is waited out, and is busy after three logins', async (t) => {
  const { rac, power } = await racBench(t, { isOn: true, knobs: { zeroSessions: 1 } })
  t.match(await power('powerstatus'), { Power: 'on' })
  t.equal(rac.cgi.logins, 2)
  rac.knobs.zeroSessions = 3
  t.match(await power('powerstatus'), { Power: 'on' })
  t.equal(rac.cgi.logins, 6, 'the engine asks again after TARGET_BUSY')
})

test('a session that the RAC has ended is opened once more, and a cycle is not repeated for it', async (t) => {
  const { rac, machine, open } = await racBench(t, { isOn: true })
  const connection = await open()
  t.equal(await connection.status(call()), 'on')
  rac.cgi.endSessions()
  t.equal(await connection.status(call()), 'on')
  t.equal(rac.cgi.logins, 2)
  rac.cgi.endSessions()
  await t.rejects(connection.cycle(call()), { code: 'IPMI_COMPLETION' })
  t.equal(rac.cgi.logins, 2)
  t.equal(machine.counts.powerCycle, 0)
  await connection.close(call())
})

test('an answer that is cut is asked for again where that is safe', async (t) => {
  const { rac, power } = await racBench(t, { isOn: true, knobs: { cutAnswers: 1 } })
  t.match(await power('powerstatus'), { Power: 'on' })
  t.equal(rac.knobs.cutAnswers, 0)
})

test('the lost answer of a cycle is never repeated: the machine shows the cycle, or it is unknown', async (t) => {
  const shown = await racBench(t, { isOn: true })
  const connection = await shown.open()
  t.equal(await connection.status(call()), 'on')
  shown.rac.knobs.lostAnswers = 1
  await t.rejects(connection.cycle(call()), { code: 'OUTCOME_UNKNOWN' })
  await connection.close(call())
  t.equal(shown.machine.counts.powerCycle, 1)

  const reset = await racBench(t, { isOn: true })
  const status = await reset.open()
  await status.status(call())
  reset.rac.knobs.lostAnswers = 1
  await t.rejects(status.reset(call()), { code: 'OUTCOME_UNKNOWN' })
  reset.rac.knobs.cutAnswers = 1
  await t.rejects(status.diag(call()), { code: 'OUTCOME_UNKNOWN' })
  t.same([reset.machine.counts.hardReset, reset.machine.counts.diagnosticInterrupt], [1, 1])
  await status.close(call())
})

test('a lost answer to power on is asked for again, and harms nothing', async (t) => {
  const { rac, machine, open } = await racBench(t)
  const connection = await open()
  await connection.status(call())
  rac.knobs.lostAnswers = 1
  await t.rejects(connection.on(call()), { code: 'TARGET_BUSY' })
  await connection.on(call())
  t.same(rac.firmware.commands.slice(1), ['serveraction powerup', 'serveraction powerup'])
  await waitUntil('the machine is on', () => machine.isOn())
  await connection.close(call())
})

test('a RAC that is not ready is busy, for a cycle too: it was not executed', async (t) => {
  const { rac, machine, open } = await racBench(t, { isOn: true, knobs: { notReady: true } })
  const connection = await open()
  await t.rejects(connection.status(call()), { code: 'TARGET_BUSY', message: /16h/ })
  await t.rejects(connection.cycle(call()), { code: 'TARGET_BUSY' })
  rac.knobs.notReady = false
  await connection.cycle(call())
  t.equal(machine.counts.powerCycle, 1)
  await connection.close(call())
})

test('a RAC that hangs costs the time of the call, and leaves no connection', async (t) => {
  const { rac, open } = await racBench(t, { knobs: { delayMs: 5000 } })
  const connection = await open()
  const started = performance.now()
  await t.rejects(connection.status({ ...call(), timeoutMs: 300 }), { code: 'TARGET_TIMEOUT' })
  t.ok(performance.now() - started < 3000)
  const given = new AbortController()
  setTimeout(() => given.abort(), 50)
  await t.rejects(connection.status({ ...call(), signal: given.signal }), {
    code: 'DEADLINE_EXCEEDED',
  })
  rac.knobs.delayMs = 0
  await connection.close(call())
})

test('where the second boot attribute is refused, the first is put back', async (t) => {
  const { rac, setBoot } = await racBench(t, { knobs: { refusedDevices: ['HDD'] } })
  t.match(await setBoot({ device: 'pxe', persistent: true, efi: true }), { Verified: true, EFI: null })
  await t.rejects(setBoot({ device: 'disk', persistent: false, efi: true }), { message: /RAC943/ })
  t.same(rac.firmware.commands.slice(-4), [
    'get iDRAC.ServerBoot',
    'set iDRAC.ServerBoot.BootOnce Enabled',
    'set iDRAC.ServerBoot.FirstBootDevice HDD',
    'set iDRAC.ServerBoot.BootOnce Disabled',
  ])
})

test('iDRAC 6, which has no get and set, is set by its own commands, and prints nothing on success', async (t) => {
  const { rac, setBoot, power } = await racBench(t, { knobs: { generation: 'group' } })
  t.match(await setBoot({ device: 'pxe', persistent: false, efi: false }), { BootDevice: 'pxe', Verified: true })
  t.ok(rac.firmware.commands.includes('config -g cfgServerInfo -o cfgServerBootOnce 1'))
  t.match(await power('poweron'), { Power: 'on', Changed: true })
})

test('a boot once is used up by the next boot', async (t) => {
  const { setBoot, getBoot, power, machine } = await racBench(t)
  await setBoot({ device: 'pxe', persistent: false, efi: true })
  await power('poweron')
  t.equal(machine.lastBoot?.device, 'pxe')
  t.match(await getBoot(), { BootDevice: 'none' })
})

test('certificates: any one by default, the pinned one, or one that an authority signed', async (t) => {
  const { rac, target, open } = await racBench(t, { isOn: true })
  const statusWith = async (tls: NonNullable<typeof target.tls>) => {
    const connection = await open({ tls })
    try {
      return await connection.status(call())
    } finally {
      await connection.close(call())
    }
  }
  const pinned = fingerprintOf(rac.certificate)
  t.equal(await statusWith({ verify: false, fingerprint: pinned }), 'on')
  t.equal(await statusWith({ verify: false, fingerprint: pinned.replaceAll(':', '').toLowerCase() }), 'on')
  t.equal(await statusWith({ verify: true, ca: rac.certificate }), 'on')
  const logins = rac.cgi.logins
  const other = fingerprintOf(selfSignedCertificate('other').cert)
  await t.rejects(statusWith({ verify: false, fingerprint: other }), {
    code: 'TARGET_UNREACHABLE',
    message: /certificate/,
  })
  await t.rejects(statusWith({ verify: true }), { code: 'TARGET_UNREACHABLE', message: /ipmi\/tls-verify/ })
  t.equal(rac.cgi.logins, logins, 'no password was sent')
})

test('a module of a chassis is named with each server action, and has no boot device', async (t) => {
  const { rac, factory, target, open } = await racBench(t, { isOn: true })
  const driver = factory.driver({ ...target, racadm: { transport: 'cgi', module: 'server-2' } })
  t.match(driver.key, /\/server-2$/)
  t.equal(driver.describeBoot, undefined)
  const connection = await open({ racadm: { transport: 'cgi', module: 'server-2' } })
  t.equal(await connection.status(call()), 'on')
  t.same(rac.firmware.commands, ['serveraction -m server-2 powerstatus'])
  await connection.close(call())
  t.throws(() => factory.driver({ ...target, racadm: { module: 'server-2; racreset' } }), { code: 'PARAM_INVALID' })
})
