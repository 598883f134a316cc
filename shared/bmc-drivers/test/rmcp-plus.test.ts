import { memoryCoordinator, PowerbusError } from '@powerbus/plugin-sdk/power'
import { test } from 'tap'
import { memoryBmc } from './memory-bmc.ts'

const pxe = { device: 'pxe', persistent: false, efi: true } as const
/** Of Chassis Control in the lab's words. */
const CONTROL = 'Chassis Control'

test('each action is one session, which is closed, and few datagrams', async (t) => {
  const cases = [
    ['poweron', false, 11],
    ['poweroff', true, 11],
    ['powercycle', true, 15],
    ['powerstatus', true, 5],
    ['nextbootpxe', true, 11],
  ] as const
  for (const [verb, isOn, mostSent] of cases) {
    const { bmc, client, clock, power, setBoot } = await memoryBmc({ isOn })
    t.match(await (verb === 'nextbootpxe' ? setBoot(pxe) : power(verb)), { Verified: true }, verb)
    await clock.pass(100)
    t.equal(bmc.counters.sessions, 1, `${verb}: sessions`)
    t.equal(bmc.sessionCount, 0, `${verb}: sessions left open`)
    const { datagramsSent } = client.counters
    t.ok(datagramsSent <= mostSent, `${verb}: ${datagramsSent} datagrams`)
  }
})

test('a session that the BMC loses in mid-action is opened once more, and nothing is done twice', async (t) => {
  for (const verb of ['poweron', 'powercycle'] as const) {
    const { bmc, clock, machine, power } = await memoryBmc({ isOn: verb === 'powercycle' })
    clock.after(10, () => bmc.restart())
    t.match(await power(verb), { Power: 'on', Changed: true, Verified: true })
    t.equal(bmc.counters.sessions, 2)
    t.equal(machine.orders.length, 1)
  }
})

test('the session is closed after a refusal, an abort and a lost lease, also where the close is lost', async (t) => {
  const refused = await memoryBmc({ faults: { completionCodes: { [CONTROL]: 0xcc } } })
  await t.rejects(refused.power('poweron'), { code: 'IPMI_COMPLETION' })
  await refused.clock.pass(100)
  t.equal(refused.bmc.sessionCount, 0, 'refused')

  const aborted = await memoryBmc({ faults: { ignorePowerControl: true } })
  const caller = new AbortController()
  aborted.clock.after(3000, () => caller.abort())
  await t.rejects(aborted.power('poweron', caller.signal), { code: 'DEADLINE_EXCEEDED' })
  await aborted.clock.pass(100)
  t.equal(aborted.bmc.sessionCount, 0, 'aborted')

  const lost = new AbortController()
  const replica = await memoryBmc({
    faults: { ignorePowerControl: true },
    coordinator(clock) {
      const local = memoryCoordinator(clock)
      const lease = { lost: lost.signal, assertHeld: () => lost.signal.throwIfAborted() }
      return { once: local.once, hold: (claim, work) => local.hold(claim, (held) => work({ ...held, ...lease })) }
    },
  })
  replica.clock.after(3000, () => lost.abort(new PowerbusError('LEASE_LOST', 'gone')))
  await t.rejects(replica.power('poweron'), { code: 'LEASE_LOST' })
  await replica.clock.pass(100)
  t.equal(replica.bmc.sessionCount, 0, 'lease lost')
  t.same(replica.machine.orders, [])

  const silent = await memoryBmc({ isOn: true })
  // Status arrives after 7 ms, and is answered at once; Close Session arrives later.
  silent.clock.after(7.5, () => {
    silent.bmc.faults.hang = true
  })
  const startedMs = silent.clock.nowMs()
  t.match(await silent.power('powerstatus'), { Power: 'on' })
  t.ok(silent.clock.nowMs() - startedMs <= 10, 'a close that is not answered delays nothing')
  await silent.clock.run(silent.client.close())
})

for (const code of [0xc3, 0xff])
  test(`a cycle answered with ${code.toString(16)}h may have been done: unknown, and not sent again`, async (t) => {
    const { bmc, power } = await memoryBmc({ isOn: true, faults: { completionCodes: { [CONTROL]: code } } })
    const before = bmc.counters.commands
    await t.rejects(power('powercycle'), { code: 'OUTCOME_UNKNOWN' })
    t.ok(bmc.counters.commands > before)
    t.match(
      await memoryBmc({ faults: { completionCodes: { [CONTROL]: 0xcc } }, isOn: true }).then(({ power }) =>
        power('powercycle').catch((error: unknown) => error),
      ),
      { code: 'IPMI_COMPLETION' },
      'a code that says that it was not done',
    )
  })

for (const isDone of [true, false])
  test(`a cycle whose ${isDone ? 'answer' : 'request'} is lost is ${isDone ? 'found to be done' : 'most likely not executed'}`, async (t) => {
    let isCut = false
    const bench = await memoryBmc({
      isOn: true,
      alter: (packet) => (isCut && (packet.toPort === 623) !== isDone ? [] : [packet]),
    })
    // The cycle leaves after 12 ms: six round trips for session, status, restart cause and privilege level.
    bench.clock.after(isDone ? 12.5 : 11.5, () => {
      isCut = true
    })
    bench.clock.after(100, () => {
      isCut = false
    })
    const end = await bench.power('powercycle').catch((error: unknown) => error)
    t.match(end, isDone ? { Power: 'on', Changed: true, Verified: true } : { code: 'NOT_ANSWERED' })
    t.same(bench.machine.orders, isDone ? ['powerCycle'] : [])
    t.equal(bench.bmc.counters.sessions, isDone ? 1 : 2, 'the machine is looked at in a new session')
  })

test('a reset that leaves no trace is done and not verified, one that does is verified', async (t) => {
  for (const ignorePowerControl of [false, true]) {
    const { machine, power } = await memoryBmc({ isOn: true, faults: { ignorePowerControl } })
    t.match(await power('powerreset'), { Power: 'on', Changed: true, Verified: !ignorePowerControl })
    t.same(machine.orders, ignorePowerControl ? [] : ['hardReset'])
  }
})

test('traces of an earlier power-on are no evidence of a reset', async (t) => {
  const { bmc, machine, power } = await memoryBmc()
  await power('poweron')
  bmc.faults.ignorePowerControl = true
  t.match(await power('powerreset'), { Power: 'on', Changed: true, Verified: false })
  t.same(machine.orders, ['powerUp'])
})

/** Codes by which BMCs refuse a command that they need not have. */
const refusals = [0xff, 0xcc, 0xd4, 0xc1, 0xc0, 0xd2, 0x80]
for (const code of refusals)
  test(`Get System Restart Cause refused with ${code.toString(16)}h stops no cycle or reset`, async (t) => {
    for (const verb of ['powercycle', 'powerreset'] as const) {
      const faults = { completionCodes: { 'Get System Restart Cause': code } }
      const { power, machine } = await memoryBmc({ isOn: true, faults })
      t.match(await power(verb), { Power: 'on', Changed: true })
      t.equal(machine.orders.length, 1)
    }
  })

test('a power state that is stale is polled until it is true', async (t) => {
  const { power } = await memoryBmc({ isOn: true, faults: { stalePowerMs: 5000 } })
  t.match(await power('poweroff'), { Power: 'off', Verified: true })
})
