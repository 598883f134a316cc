import { test } from 'tap'
import type { BmcFaults } from '../../src/bmc/index.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { readPower } from '../../src/client/read-power.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { memoryLab, silentTarget } from './memory-lab.ts'

type Rule = NonNullable<BmcFaults['rules']>[number]

const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
const off = (session: IpmiSession) => session.send(chassisControl, { control: ChassisControl.powerDown })
const isOpenSession = ({ datagram }: { datagram: Uint8Array }) => datagram[5] === 0x10
const PROBE = 'Get Channel Authentication Capabilities'

for (const seconds of [4, 5, 8]) {
  test(`a status that is answered after ${seconds} s takes one session and few datagrams`, async (t) => {
    for (const isSilentOutside of [false, true]) {
      const slow: Rule = { message: 'Get Chassis Status', answerAfterMs: seconds * 1000 }
      const rules = isSilentOutside ? [slow, { message: [PROBE, 'Get Device ID'], answerAfterMs: 5000 }] : [slow]
      const lab = memoryLab()
      const { bmc, target } = await lab.addBmc({ faults: { rules } })
      t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
      t.equal(bmc.counters.sessions, 1)
      t.ok(lab.clock.nowMs() < seconds * 1000 + 500)
      t.ok(bmc.counters.received <= 24, `${bmc.counters.received} datagrams`)
    }
  })

  test(`an off that is answered after ${seconds} s is sent a few times, in one session`, async (t) => {
    const lab = memoryLab()
    const rules: Rule[] = [{ message: 'Chassis Control', answerAfterMs: seconds * 1000 }]
    const { bmc, target, orders } = await lab.addBmc({ faults: { rules } })
    const work = async (session: IpmiSession) => [await readPower(session), await off(session)]
    await lab.clock.run(lab.client.run(target, work))
    t.equal(bmc.counters.sessions, 1)
    t.ok(orders.length <= 9, `${orders.length} times`)
  })
}

test('a BMC of which every answer takes 5 s is read in one session', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc({ faults: { delayMs: 5000 }, maxSessions: 2 })
  t.equal(await lab.clock.run(lab.client.run(target, readPower, { timeoutMs: 40_000 })), 'on')
  t.ok(bmc.counters.sessions <= 1)
})

test('a lost session is noticed within 6 s, closed, and opened anew once', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  let lostMs = 0
  const work = async (session: IpmiSession) => {
    await readPower(session)
    bmc.restart()
    lostMs = session.nowMs()
    return readPower(session)
  }
  t.equal(await lab.clock.run(lab.client.run(target, work)), 'on')
  t.ok(lab.clock.nowMs() - lostMs < 6000, `${lab.clock.nowMs() - lostMs} ms`)
  t.equal(lab.sent.filter(isOpenSession).length, 2)
  t.equal(bmc.counters.sessions, 2)
})

test('no second session is opened at a BMC that answers nothing, or only in the first', async (t) => {
  for (const faults of [{ hang: true }, { rules: [{ message: ['Get Chassis Status', PROBE], silent: true }] }]) {
    const lab = memoryLab()
    const { bmc, target } = await lab.addBmc()
    const work = (session: IpmiSession) => {
      Object.assign(bmc.faults, faults)
      return readPower(session)
    }
    t.match(await thrown(lab.clock.run(lab.client.run(target, work))), { kind: 'timeout' })
    t.equal(lab.sent.filter(isOpenSession).length, 1)
  }
})

test('a session that answers other commands is not given up for one that has no answer', async (t) => {
  const lab = memoryLab()
  const rules: Rule[] = [{ message: 'Get Chassis Status', silent: true }]
  const { bmc, target } = await lab.addBmc({ faults: { rules } })
  t.match(await thrown(lab.clock.run(lab.client.run(target, readPower))), { kind: 'timeout' })
  t.equal(bmc.counters.sessions, 1)
})

test('the old session is closed before a new one is opened', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  let most = 0
  const work = async (session: IpmiSession) => {
    await readPower(session)
    bmc.faults.rules = [{ message: ['Get Chassis Status', 'Get Device ID'], silent: true, times: 60 }]
    for (let wait = 0; wait < 15; wait++) lab.clock.after(wait * 1000, () => (most = Math.max(most, bmc.sessionCount)))
    lab.clock.after(8000, () => {
      bmc.faults.rules = []
    })
    return readPower(session)
  }
  t.equal(await lab.clock.run(lab.client.run(target, work)), 'on')
  t.equal(most, 1)
})

/** A BMC that answers Get Channel Authentication Capabilities as given, and nothing else. */
function answersProbe(data: readonly number[], completionCode = 0, fromAddress?: string) {
  return (lab: ReturnType<typeof memoryLab>) =>
    lab.network.open(
      { family: 4, address: '10.7.0.1', port: 623 },
      {
        onDatagram: (datagram, address, port) => {
          if (datagram[4] !== 0) return
          const request = lanRequest.decode(sessionlessPacket.decode(datagram))
          const response = { ...request, netFn: request.netFn + 1, completionCode, data: Uint8Array.from(data) }
          lab.network.send({
            datagram: sessionlessPacket.encode(lanResponse.encode(response)),
            fromAddress: fromAddress ?? '10.7.0.1',
            fromPort: 623,
            toAddress: address,
            toPort: port,
          })
        },
      },
    )
}

const probed = { ...silentTarget, address: '10.7.0.1' }

test('a BMC that speaks IPMI v1.5 only is said to, within seconds', async (t) => {
  for (const answer of [
    answersProbe([1, 0x14, 0, 0, 0, 0, 0, 0]),
    answersProbe([1, 0x94, 0, 1, 0, 0, 0, 0]),
    answersProbe([], 0xcc),
  ]) {
    const lab = memoryLab()
    await answer(lab)
    const error = await thrown(lab.clock.run(lab.client.run(probed, readPower)))
    t.match(error, { kind: 'unsupported', message: /IPMI v1\.5 only/ })
    t.ok(lab.clock.nowMs() < 5000, `${lab.clock.nowMs()} ms`)
  }
})

test('a BMC that opens no session, but answers outside of one, is said to', async (t) => {
  const lab = memoryLab()
  await answersProbe([1, 0x94, 0, 2, 0, 0, 0, 0])(lab)
  const error = await thrown(lab.clock.run(lab.client.run(probed, readPower)))
  t.match(error, { kind: 'timeout', message: /outside a session, but opens none/ })
})

test('a forged answer to the probe, by who has not seen it, is dropped', async (t) => {
  const lab = memoryLab()
  await answersProbe([1, 0x14, 0, 0, 0, 0, 0, 0], 0, '10.66.0.1')(lab)
  const error = await thrown(lab.clock.run(lab.client.run(probed, readPower)))
  t.match(error, { kind: 'timeout' })
  const unasked = memoryLab()
  const { target } = await unasked.addBmc()
  const run = unasked.client.run(target, readPower)
  const { fromAddress = '', fromPort = 0 } = unasked.sent[0] ?? {}
  for (let sequence = 0; sequence < 64; sequence++) {
    const response = { netFn: 7, command: 0x38, sequence, completionCode: 0xcc, data: new Uint8Array(0) }
    const datagram = sessionlessPacket.encode(lanResponse.encode(response))
    unasked.network.send({
      datagram,
      fromAddress: target.address,
      fromPort: 623,
      toAddress: fromAddress,
      toPort: fromPort,
    })
  }
  t.equal(await unasked.clock.run(run), 'on', 'it was not asked yet')
})

test('a BMC that answers from another address or port is named in the error, and not listened to', async (t) => {
  for (const [from, named] of [
    [{ address: '10.8.0.9' }, /10\.8\.0\.9/],
    [{ port: 9623 }, /port 9623/],
  ] as const) {
    const lab = memoryLab()
    const { target } = await lab.addBmc({ faults: { rules: [{ message: 'Open Session Request', from }] } })
    t.match(await thrown(lab.clock.run(lab.client.run(target, readPower))), { kind: 'timeout', message: named })
    t.equal(lab.client.counters.sessionsOpened, 0)
  }
})
