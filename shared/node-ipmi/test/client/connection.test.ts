import { test } from 'tap'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { getChassisStatus } from '../../src/commands/get-chassis-status.ts'
import { memoryLab } from './memory-lab.ts'

const status = (session: IpmiSession) => session.send(getChassisStatus)
const on = (session: IpmiSession) => session.send(chassisControl, { control: ChassisControl.powerUp })
const ended = (promise: Promise<unknown> | undefined) => Promise.resolve(promise).catch((error: unknown) => error)
const cycle = (session: IpmiSession) => session.send(chassisControl, { control: ChassisControl.powerCycle })

test('runs of a connection share one session, whose privilege is raised once and which is closed once', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  t.equal(lab.sent.length, 0, 'opening sends nothing')
  for (const work of [status, on, status, on, status]) await lab.clock.run(connection.run(work))
  t.match(bmc.counters, { sessions: 1, received: 3 + 5 + 1 })
  connection.close()
  connection.close()
  await lab.clock.pass(100)
  t.equal(bmc.sessionCount, 0)
  t.equal(bmc.counters.received, 10)
  t.match(await ended(connection.run(status)), { kind: 'closed' })
})

test('a session that is kept for an hour between two runs is opened anew where the BMC has timed it out', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  await lab.clock.run(connection.run(status))
  await lab.clock.pass(3_600_000)
  t.match(await lab.clock.run(connection.run(status)), { powerOn: true })
  t.equal(bmc.counters.sessions, 2)
  connection.close()
})

test('a run that is aborted in mid-command keeps the session for the next one', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  await lab.clock.run(connection.run(status))
  bmc.faults.hang = true
  const stop = new AbortController()
  lab.clock.after(500, () => stop.abort())
  t.match(await ended(lab.clock.run(connection.run(status, { signal: stop.signal }))), { kind: 'aborted' })
  bmc.faults.hang = false
  t.match(await lab.clock.run(connection.run(status)), { powerOn: true })
  t.equal(bmc.counters.sessions, 1)
  connection.close()
})

test('a run that is aborted while its session opens leaves nothing that the next one stumbles over', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc({ faults: { hang: true } })
  const connection = lab.client.open(target)
  const stop = new AbortController()
  lab.clock.after(500, () => stop.abort())
  t.match(await ended(lab.clock.run(connection.run(status, { signal: stop.signal }))), { kind: 'aborted' })
  bmc.faults.hang = false
  t.match(await lab.clock.run(connection.run(status)), { powerOn: true })
  t.match(lab.client.counters, { sessionsOpened: 1, sessionsFailed: 1 })
  connection.close()
})

test('a BMC that was silent until the end of a run is given a new session by the next one, without another wait', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  await lab.clock.run(connection.run(status))
  bmc.restart()
  t.match(await ended(lab.clock.run(connection.run(status, { timeoutMs: 3050 }))), { kind: 'timeout' })
  const startedMs = lab.clock.nowMs()
  t.match(await lab.clock.run(connection.run(status)), { powerOn: true })
  t.ok(lab.clock.nowMs() - startedMs < 1000)
  connection.close()
})

test('a cycle that is out when its run ends is unknown, and no later run or session sends it again', async (t) => {
  for (const restarts of [false, true]) {
    let isCut = true
    const isLost = () => isCut && machine.orders.includes('powerCycle')
    const lab = memoryLab({ alter: (packet) => (packet.toPort !== 623 && isLost() ? [] : [packet]) })
    const machine = await lab.addBmc()
    const { bmc, target, orders } = machine
    const connection = lab.client.open(target)
    await lab.clock.run(connection.run(on))
    t.match(await ended(lab.clock.run(connection.run(cycle, { timeoutMs: 1000 }))), { kind: 'unknown-outcome' })
    isCut = false
    if (restarts) bmc.restart()
    t.match(await lab.clock.run(connection.run(status)), { powerOn: true })
    t.same(orders, ['powerUp', 'powerCycle'])
    t.equal(bmc.counters.sessions, restarts ? 2 : 1)
    connection.close()
  }
})

test('a run has the session for itself, and cannot send after its end', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const connection = lab.client.open(target)
  let kept: IpmiSession | undefined
  const first = connection.run(async (session) => {
    kept = session
    return status(session)
  })
  t.match(await ended(connection.run(status)), { kind: 'invalid' })
  await lab.clock.run(first)
  const sent = lab.sent.length
  t.match(await ended(kept?.send(getChassisStatus)), { kind: 'closed' })
  t.equal(lab.sent.length, sent)
  connection.close()
})

test('closing the client closes the sessions that connections keep', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  await lab.clock.run(connection.run(status))
  t.equal(bmc.sessionCount, 1)
  await lab.clock.run(lab.client.close())
  t.equal(bmc.sessionCount, 0)
})

test('closing a connection in mid-run ends the run and the session', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const connection = lab.client.open(target)
  lab.clock.after(500, () => connection.close())
  t.match(await ended(lab.clock.run(connection.run((session) => session.sleep(10_000)))), { kind: 'closed' })
  await lab.clock.pass(100)
  t.equal(bmc.sessionCount, 0)
})
