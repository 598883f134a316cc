import { inspect } from 'node:util'
import { type Test, test } from 'tap'
import { IpmiError, type IpmiErrorKind } from '../../src/client/ipmi-error.ts'
import { readPower } from '../../src/client/read-power.ts'
import type { Target } from '../../src/client/target.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { getChassisStatus } from '../../src/commands/get-chassis-status.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import { type MemoryLab, memoryLab, silentTarget } from './memory-lab.ts'

async function failure(t: Test, promise: Promise<unknown>, kind: IpmiErrorKind): Promise<IpmiError> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof IpmiError)) throw error
    t.equal(error.kind, kind, error.message)
    return error
  }
  throw new Error(`no ${kind}`)
}

const status = ({ clock, client }: MemoryLab, target: Target, timeoutMs?: number) =>
  clock.run(client.run(target, readPower, timeoutMs === undefined ? {} : { timeoutMs }))

test('a cold power status takes exactly ten datagrams', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  t.equal(await status(lab, target), 'on')
  await lab.clock.run(lab.client.close())
  t.equal(lab.sent.length, 10)
  t.match(lab.client.counters, { datagramsSent: 5, datagramsReceived: 5, retransmitted: 0, sessionsOpened: 1 })
})

test('a cold power on or off takes twelve datagrams', async (t) => {
  const lab = memoryLab()
  const { target, orders } = await lab.addBmc()
  const { powerUp } = ChassisControl
  await lab.clock.run(lab.client.run(target, (session) => session.send(chassisControl, { control: powerUp })))
  await lab.clock.run(lab.client.close())
  t.equal(lab.sent.length, 12)
  t.same(orders, ['powerUp'])
})

test('a warm status on an open session takes two datagrams', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const count = await lab.clock.run(
    lab.client.run(target, async (session) => {
      await session.send(getChassisStatus)
      const before = lab.sent.length
      await session.send(getChassisStatus)
      return lab.sent.length - before
    }),
  )
  t.equal(count, 2)
})

test('a BMC with only suite 3 gets one proposal of 17, and later runs propose 3', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc({ cipherSuites: [3] })
  const suite = () => lab.clock.run(lab.client.run(target, async (session) => session.cipherSuite))
  t.equal(await suite(), 3)
  const cold = lab.client.counters.datagramsSent
  t.equal(await suite(), 3)
  await lab.clock.run(lab.client.close())
  t.equal(cold, 6, 'the refused proposal, three messages, the list of suites, and Close Session under way')
  t.equal(lab.client.counters.datagramsSent, cold + 4)
})

test('a refusal of suite 17 that the BMC has not sent is noticed, and 17 is used', async (t) => {
  for (const times of [1, 2]) {
    let forged = 0
    const lab = memoryLab({
      alter: (packet) => {
        const isResponse = packet.fromPort === 623 && packet.datagram[5] === 0x11
        if (!isResponse || packet.datagram[17] !== 0 || packet.datagram[16 + 16] !== 0x03 || forged >= times)
          return [packet]
        forged++
        // Open Session Response with status 11h (no cipher suite matches), 8 bytes.
        const refusal = Uint8Array.from(packet.datagram.subarray(0, 24))
        refusal[14] = 8
        refusal[17] = RmcpPlusStatus.NoMatchingCipherSuite
        return [{ ...packet, datagram: refusal }]
      },
    })
    const { bmc, target } = await lab.addBmc()
    t.equal(await lab.clock.run(lab.client.run(target, async (session) => session.cipherSuite)), 17)
    t.equal(lab.client.counters.downgrades, times)
    await lab.clock.run(lab.client.close())
    t.ok(bmc.sessionCount <= times, 'half-open slots of the answers that were lost')
  }
})

test('a BMC that lists suite 17 and refuses it is used with suite 3 in the end', async (t) => {
  const lab = memoryLab()
  const rules = [{ message: 'Open Session Request', suite: 17 as const, status: RmcpPlusStatus.NoMatchingCipherSuite }]
  const { target } = await lab.addBmc({ faults: { rules } })
  t.equal(await lab.clock.run(lab.client.run(target, async (session) => session.cipherSuite)), 3)
  t.equal(lab.client.counters.downgrades, 2)
})

test('a BMC that ignores suite 17 gets suite 3 within the deadline, and later runs propose 3', async (t) => {
  const isOpenWith17 = (datagram: Uint8Array) => datagram[5] === 0x10 && datagram[16 + 12] === 0x03
  const lab = memoryLab({ alter: (packet) => (isOpenWith17(packet.datagram) ? [] : [packet]) })
  const { target } = await lab.addBmc()
  t.equal(await status(lab, target), 'on')
  const startedMs = lab.clock.nowMs()
  t.equal(await status(lab, target), 'on')
  t.ok(lab.clock.nowMs() - startedMs < 100)
})

test('the client does not replace a suite that the caller names', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc({ cipherSuites: [3] })
  const error = await failure(t, status(lab, { ...target, cipherSuite: 17 }), 'unsupported')
  t.ok(
    error.status === RmcpPlusStatus.NoMatchingCipherSuite ||
      error.status === RmcpPlusStatus.InvalidAuthenticationAlgorithm,
  )
})

test('a wrong password fails at once, is tried once, and frees the half-open session', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const error = await failure(t, status(lab, { ...target, password: 'geheimnis' }), 'credentials')
  await lab.clock.pass(10)
  t.ok((error.waitedMs ?? 1000) < 100)
  t.equal(error.datagrams, 3)
  t.equal(bmc.sessionCount, 0)
  t.notMatch(inspect(error, { depth: 9, showHidden: true }) + String(error.stack), /geheimnis/)
  t.notMatch(inspect(lab.client, { depth: 9, showHidden: true }), /geheimnis/)
})

test('an unknown user and a refused privilege level are different errors', async (t) => {
  const lab = memoryLab()
  const users = [{ name: 'reader', password: 'secret', privilege: 'user' as const }]
  const { target } = await lab.addBmc({ users })
  await failure(t, status(lab, target), 'credentials')
  await failure(t, status(lab, { ...target, username: 'reader' }), 'privilege')
  t.equal(await status(lab, { ...target, username: 'reader', privilege: 'user' }), 'on')
  const control = lab.client.run({ ...target, username: 'reader', privilege: 'user' }, (session) =>
    session.send(chassisControl, { control: ChassisControl.powerDown }),
  )
  await failure(t, lab.clock.run(control), 'privilege')
})

test('K_g is used, and a wrong K_g is named in the error', async (t) => {
  const lab = memoryLab()
  const kg = Uint8Array.from({ length: 20 }, (_, i) => i * 11)
  const { target } = await lab.addBmc({ kg })
  t.equal(await status(lab, { ...target, kg }), 'on')
  const error = await failure(t, status(lab, { ...target, kg: Uint8Array.of(1, 2) }), 'credentials')
  t.match(error.message, /K_g/)
})

test('a K_g of zeros, however long, is none', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  for (const length of [0, 1, 20]) t.equal(await status(lab, { ...target, kg: new Uint8Array(length) }), 'on')
  const kg = Uint8Array.of(0, 0, 1)
  const keyed = await lab.addBmc({ kg })
  t.equal(await status(lab, { ...keyed.target, kg }), 'on', 'zeros before another byte count')
  await failure(t, status(lab, { ...keyed.target, kg: new Uint8Array(3) }), 'credentials')
})

test('passwords of 0 to 20 bytes work; 21 bytes are refused before a datagram is sent', async (t) => {
  const lab = memoryLab()
  for (const password of ['', 'x'.repeat(16), 'y'.repeat(17), 'z'.repeat(20), '12345678', `'"$HOME \\ `, 'pässwörd€']) {
    for (const cipherSuite of [3, 17] as const) {
      const { target } = await lab.addBmc({ users: [{ name: 'admin', password }] })
      t.equal(await status(lab, { ...target, password, cipherSuite }), 'on', `${password.length} characters`)
    }
  }
  const before = lab.sent.length
  const error = await failure(t, status(lab, { ...silentTarget, password: 'q'.repeat(21) }), 'invalid')
  t.match(error.message, /password.*20/)
  t.notMatch(error.message, /qqq/)
  await failure(t, status(lab, { ...silentTarget, username: 'n'.repeat(17) }), 'invalid')
  await failure(t, status(lab, { ...silentTarget, port: 0 }), 'invalid')
  t.equal(lab.sent.length, before)
})

test('an empty user name works if the BMC has one', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc({ users: [{ name: '', password: 'secret' }] })
  t.equal(await status(lab, { ...target, username: '' }), 'on')
})

test('the client waits for a free session until the deadline', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc({ faults: { fullSessionTable: true } })
  lab.clock.after(3000, () => {
    bmc.faults.fullSessionTable = false
  })
  t.equal(await status(lab, target), 'on')
  bmc.faults.fullSessionTable = true
  const error = await failure(t, status(lab, target, 5000), 'refused')
  t.equal(error.status, RmcpPlusStatus.InsufficientResources)
  t.ok((error.waitedMs ?? 9999) <= 5000)
})

test('a silent BMC fails at the deadline, and the error has its address and the time waited', async (t) => {
  const lab = memoryLab()
  const error = await failure(t, status(lab, silentTarget), 'timeout')
  t.equal(error.address, '10.255.0.1:623')
  t.equal(error.waitedMs, 20_000)
  t.ok((error.datagrams ?? 0) >= 5 && (error.datagrams ?? 0) <= 22, `${error.datagrams} datagrams`)
})

test('completion codes reach the caller, and the client does not retry', async (t) => {
  const lab = memoryLab()
  for (const completionCode of [0xc0, 0xc1, 0xc3, 0xc4, 0xd2, 0xd4, 0xd5]) {
    const { target, bmc } = await lab.addBmc({ faults: { completionCodes: { 'Get Chassis Status': completionCode } } })
    const error = await failure(t, status(lab, target), 'completion')
    t.equal(error.completionCode, completionCode)
    await lab.clock.pass(1000)
    t.equal(bmc.counters.received, 5)
  }
})

test('the client opens a new session if the BMC restarts during one', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const run = lab.client.run(target, async (session) => {
    await session.send(getChassisStatus)
    bmc.restart()
    return (await session.send(getChassisStatus)).powerOn
  })
  t.equal(await lab.clock.run(run), true)
  t.equal(lab.client.counters.sessionsOpened, 2)
})

test('a lost Close Session does not fail the run, and the client still closes', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const run = lab.client.run(target, async (session) => {
    const { powerOn } = await session.send(getChassisStatus)
    bmc.faults.hang = true
    return powerOn
  })
  t.equal(await lab.clock.run(run), true)
  await lab.clock.run(lab.client.close())
  t.ok(lab.client.counters.datagramsSent <= 4 + 3)
})

test('an aborted run closes its session and rejects with aborted', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const stop = new AbortController()
  const run = lab.client.run(
    target,
    async (session) => {
      stop.abort()
      await session.sleep(60_000)
    },
    { signal: stop.signal },
  )
  await failure(t, lab.clock.run(run), 'aborted')
  await lab.clock.pass(100)
  t.equal(bmc.sessionCount, 0)
  await failure(t, lab.clock.run(lab.client.run(target, readPower, { signal: stop.signal })), 'aborted')
})

test('close() ends the runs under way and refuses later ones', async (t) => {
  const lab = memoryLab()
  const run = lab.client.run(silentTarget, readPower)
  const ended = failure(t, run, 'closed')
  await lab.clock.pass(100)
  await lab.clock.run(lab.client.close())
  await ended
  await failure(t, lab.client.run(silentTarget, readPower), 'closed')
})

test('the deadline ends work that takes longer, and closes its session', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  await failure(t, lab.clock.run(lab.client.run(target, () => new Promise(() => undefined))), 'timeout')
  await lab.clock.pass(100)
  t.equal(bmc.sessionCount, 0)
})

test('a run rejects with the error that its work throws', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const own = new Error('own')
  await t.rejects(lab.clock.run(lab.client.run(target, () => Promise.reject(own))), own)
})

test('a presence ping needs no login, and times out without an answer', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  t.same(await lab.clock.run(lab.client.ping(target.address)), { ipmi: true })
  await failure(t, lab.clock.run(lab.client.ping(silentTarget.address, 623, { timeoutMs: 1000 })), 'timeout')
})

test('a host name is resolved within the deadline', async (t) => {
  const lab = memoryLab({}, { resolveHost: async () => ({ address: '10.0.0.0', family: 4 }) })
  const { target } = await lab.addBmc()
  t.equal(await status(lab, { ...target, address: 'bmc.example' }), 'on')
  const hanging = memoryLab({}, { resolveHost: () => new Promise(() => undefined) })
  await failure(t, status(hanging, { ...target, address: 'bmc.example' }), 'timeout')
  const missing = memoryLab({}, { resolveHost: () => Promise.reject(new Error('ENOTFOUND')) })
  await failure(t, status(missing, { ...target, address: 'bmc.example' }), 'unreachable')
})

test('a request out of range is invalid, and the error names the field', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const run = lab.client.run(target, (session) => session.send(chassisControl, { control: 99 }))
  t.match((await failure(t, lab.clock.run(run), 'invalid')).message, /control/)
})
