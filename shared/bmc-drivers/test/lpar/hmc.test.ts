import { Secret } from '@powerbus/plugin-sdk/power'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { call, hmcBench } from './hmc-bench.ts'

test('actions share one session, which is logged off when idle and when the process stops', async (t) => {
  const { hmc, factory, power } = await hmcBench(t, { isOn: true, idleMs: 200 })
  await Promise.all([power('powerstatus'), power('powerstatus')])
  await power('powerstatus')
  t.equal(hmc.rest.logons, 1)
  await waitUntil('the idle session is logged off', () => hmc.rest.sessions === 0)
  await power('powerstatus')
  t.equal(hmc.rest.logons, 2)
  await factory.close()
  t.equal(hmc.rest.sessions, 0)
})

test('two logons at a time are one, and a wrong password is tried once and is in no error', async (t) => {
  const { hmc, open } = await hmcBench(t, { isOn: true })
  const [one, two] = [await open(), await open({ lparId: 'p9-two/lpar3' })]
  t.same(await Promise.all([one.status(call()), two.status(call())]), ['on', 'on'])
  t.equal(hmc.rest.logons, 1)
  const wrong = await open({ password: new Secret('not&this') })
  const error = await wrong.status(call()).catch((reason: unknown) => reason)
  t.match(error, { code: 'AUTH_FAILED' })
  t.notMatch(String((error as Error).stack), 'not&this')
  t.equal(hmc.rest.logons, 2)
  for (const connection of [one, two, wrong]) connection.close()
})

test('a session that ends in mid-action is opened once more, also within a job', async (t) => {
  const { hmc, open, machine } = await hmcBench(t, { knobs: { jobMs: 300 } })
  const connection = await open()
  await connection.status(call())
  hmc.rest.endSessions()
  t.equal(await connection.status(call()), 'off')
  t.equal(hmc.rest.logons, 2)
  const on = connection.on(call())
  await waitUntil('the job has begun', () => hmc.rest.jobs.open === 1)
  hmc.rest.endSessions()
  await on
  t.equal(hmc.rest.logons, 3)
  t.equal(machine.counts.powerUp, 1)
  t.equal(hmc.rest.jobs.open, 0, 'the job is deleted')
  connection.close()
})

test('an HMC that starts, has no session free or is busy is asked again', async (t) => {
  const { hmc, open } = await hmcBench(t, { isOn: true, knobs: { starting: true } })
  const connection = await open()
  await t.rejects(connection.status(call()), { code: 'TARGET_BUSY', message: /starting/ })
  Object.assign(hmc.knobs, { starting: false, sessionsMax: 0 })
  await t.rejects(connection.status(call()), { code: 'TARGET_BUSY' })
  Object.assign(hmc.knobs, { sessionsMax: 8, busyAnswers: 1 })
  await t.rejects(connection.status(call()), { code: 'TARGET_BUSY' })
  t.equal(await connection.status(call()), 'on')
  connection.close()
})

test('jobs that end badly are told in words, whichever status they end with', async (t) => {
  for (const jobStatus of [
    'COMPLETED_WITH_ERROR',
    'FAILED_BEFORE_COMPLETION',
    'FAILED_TO_START',
    'CANCELED_WHILE_RUNNING',
  ]) {
    const { hmc, open } = await hmcBench(t, { knobs: { jobStatus, jobText: 'HSCL9999 no power supply', jobMs: 0 } })
    const connection = await open()
    await t.rejects(connection.on(call()), { code: 'IPMI_COMPLETION', message: /HSCL9999/ }, jobStatus)
    t.equal(hmc.rest.jobs.open, 0)
    connection.close()
  }
  const warned = await hmcBench(t, { knobs: { jobStatus: 'COMPLETED_WITH_WARNINGS', jobText: 'slowly' } })
  t.match(await warned.power('poweron'), { Power: 'on', Changed: true })
})

test('message ids of refusals are errors of their own kind, and "already so" is a success', async (t) => {
  const rows = [
    ['HSCL05DF', { code: 'TARGET_STATE' }],
    ['HSCL0DB4', { code: 'TARGET_STATE', message: /RMC/ }],
    ['HSCL350B', { code: 'FORBIDDEN' }],
    ['HSCL8012', { code: 'OBJECT_UNKNOWN' }],
  ] as const
  for (const [jobText, expected] of rows) {
    const { open } = await hmcBench(t, { isOn: true, knobs: { jobStatus: 'COMPLETED_WITH_ERROR', jobText, jobMs: 0 } })
    const connection = await open()
    await t.rejects(connection.cycle(call()), expected, jobText)
    connection.close()
  }
  const { open } = await hmcBench(t, { isOn: true })
  const connection = await open()
  await connection.on(call())
  await connection.off(call())
  connection.close()
})

test('a job that does not begin in time is cancelled, and one that runs on goes on with the next call', async (t) => {
  const { hmc, open, machine } = await hmcBench(t, { knobs: { jobStatus: 'NOT_STARTED' } })
  const connection = await open()
  await t.rejects(connection.on(call(1500)), { code: 'TARGET_TIMEOUT', message: /cancelled/ })
  t.ok(hmc.rest.requests.some((request) => /^POST .*\/cancel$/.test(request)))
  Object.assign(hmc.knobs, { jobStatus: 'COMPLETED_OK', jobMs: 1500 })
  await t.rejects(connection.on(call(1300)), { code: 'TARGET_TIMEOUT', message: /goes on/ })
  await connection.on(call())
  t.equal(machine.counts.powerUp, 1, 'the job was begun once')
  connection.close()
})

test('a restart that runs on is acknowledged, and its job shows later that it was done', async (t) => {
  const { open, machine } = await hmcBench(t, { isOn: true, knobs: { jobMs: 1500 } })
  const connection = await open()
  const mark = await connection.restartMark()
  await connection.cycle(call(1300))
  t.equal(await connection.outcomeOf('cycle', mark, call()), 'unknown')
  await waitUntil('the job shows it', async () => (await connection.outcomeOf('cycle', mark, call())) === 'done')
  t.equal(machine.counts.powerCycle, 1)
  connection.close()
})

test('the lost answer to a restart is never repeated', async (t) => {
  const { hmc, power, open, machine } = await hmcBench(t, { isOn: true })
  const connection = await open()
  await connection.status(call())
  hmc.knobs.lostJobs = 1
  await t.rejects(connection.cycle(call()), { code: 'OUTCOME_UNKNOWN' })
  connection.close()
  await waitUntil('the machine is back', () => machine.isOn())
  hmc.knobs.lostJobs = 1
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Attempts: 1 })
  t.equal(machine.counts.powerCycle, 2)
  hmc.knobs.busyAnswers = 1
  const busy = await open()
  await t.rejects(busy.cycle(call()), { code: 'OUTCOME_UNKNOWN' }, 'a 503 to a job proves nothing')
  busy.close()
})

test('hostile and broken documents are refused, and the state is read from XML where there are no quick properties', async (t) => {
  const { hmc, open } = await hmcBench(t, { isOn: true, knobs: { offersQuick: false } })
  const connection = await open()
  t.equal(await connection.status(call()), 'on')
  hmc.knobs.document = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><entry>&x;</entry>'
  await t.rejects(connection.status(call()), { message: /document type/ })
  hmc.knobs.document = '<entry><content><LogicalPartition>'
  await t.rejects(connection.status(call()), { code: 'TARGET_BUSY', message: /cut/ })
  hmc.knobs.document = `<entry>${'x'.repeat(11 * 1024 * 1024)}</entry>`
  await t.rejects(connection.status(call()), { message: /10485760/ })
  hmc.knobs.document = '<entry/>'
  await t.rejects(connection.status(call()), { message: /without the partition's state/ })
  hmc.knobs.document = undefined
  hmc.knobs.htmlAnswers = 1
  await t.rejects(connection.info(call()), { code: 'IPMI_COMPLETION', message: /HTTP 500/ })
  connection.close()
})

test('a partition is found by its system and name, also without quick properties', async (t) => {
  const { hmc, open } = await hmcBench(t, { isOn: true })
  for (const offersQuick of [true, false]) {
    hmc.knobs.offersQuick = offersQuick
    const connection = await open({ lparId: 'p9-two/lpar4' })
    t.equal(await connection.status(call()), 'on')
    t.match((await connection.info(call())).System, { PartitionName: 'lpar4' })
    connection.close()
    for (const lparId of ['p9-two/lpar1', 'p9-three/lpar4', '00000000-0000-4000-8000-000000000000']) {
      const missing = await open({ lparId })
      await t.rejects(missing.status(call()), { code: 'OBJECT_UNKNOWN' }, lparId)
      missing.close()
    }
  }
})

test('a soft shutdown asks the operating system where it can be asked, else the hypervisor with a delay', async (t) => {
  for (const [rmc, operation] of [
    ['active', 'osshutdown'],
    ['inactive', 'shutdown'],
  ] as const) {
    const { hmc, partition, power } = await hmcBench(t, { isOn: true })
    partition.rmc = rmc
    t.match(await power('powershutdown'), { Power: 'off', Changed: true })
    t.same(hmc.rest.jobs.orders, [`PowerOff operation=${operation} immediate=false restart=false`])
  }
})

test('an open firmware is on, and told; a state that is neither on nor off names the reference code', async (t) => {
  const { partition, open } = await hmcBench(t, { isOn: true })
  Object.assign(partition, { state: 'open firmware', referenceCode: 'AA00E1A9' })
  const connection = await open()
  t.equal(await connection.status(call()), 'on')
  t.match(await connection.health(call()), { Power: 'on', Healthy: false, Faults: [/nothing to boot.*AA00E1A9/] })
  partition.state = 'error'
  await t.rejects(connection.status(call()), { code: 'TARGET_STATE', message: /AA00E1A9/ })
  t.match(await connection.health(call()), { Power: 'unknown', Healthy: false })
  connection.close()
})

test('boot commands are accepted, and say that they have no effect; those of other devices are not supported', async (t) => {
  const { hmc, setBoot } = await hmcBench(t)
  const answer = await setBoot({ device: 'pxe', persistent: false, efi: true })
  t.match(answer, { BootDevice: 'pxe', Verified: false, Applied: false, Note: /boot list/ })
  await t.rejects(setBoot({ device: 'cdrom', persistent: false, efi: true }), {
    code: 'CAPABILITY_UNSUPPORTED',
    message: 'Action nextboot not supported on ipmi driver: lpar',
  })
  t.same(hmc.rest.requests, [])
})

test('NovaLink is refused by name, and its session is closed', async (t) => {
  const { hmc, open } = await hmcBench(t, { knobs: { type: 'PVM' } })
  const connection = await open()
  await t.rejects(connection.status(call()), { message: /NovaLink/ })
  t.equal(hmc.rest.sessions, 0)
  connection.close()
})

test('an error of the HMC that echoes the request does not bring the password into ours', async (t) => {
  const { hmc, open } = await hmcBench(t)
  hmc.knobs.sessionsMax = 0
  const connection = await open()
  const error = await connection.status(call()).catch((reason: unknown) => reason)
  t.notMatch(String((error as Error).stack), '123>')
  connection.close()
})
