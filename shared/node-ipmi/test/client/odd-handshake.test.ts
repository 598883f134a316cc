import { test } from 'tap'
import type { BmcFaults } from '../../src/bmc/index.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { readPower } from '../../src/client/read-power.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import { memoryLab } from './memory-lab.ts'

type Rule = NonNullable<BmcFaults['rules']>[number]

const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
const on = (session: IpmiSession) => session.send(chassisControl, { control: ChassisControl.powerUp })
const { NoMatchingCipherSuite, IllegalParameter, InvalidRole, UnauthorizedRole, InvalidAuthenticationAlgorithm } =
  RmcpPlusStatus

test('handshake answers with another tag are taken by their session ID', async (t) => {
  for (const message of ['Open Session Request', 'RAKP Message 1', 'RAKP Message 3']) {
    for (const tag of [0, 0xff, 0x80]) {
      const lab = memoryLab()
      const { bmc, target } = await lab.addBmc({ faults: { rules: [{ message, tag }] } })
      t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on', `${message} ${tag}`)
      t.equal(bmc.counters.received, 4)
    }
  }
})

test('a handshake answer with the right tag and another session ID is dropped', async (t) => {
  for (const type of [0x11, 0x13, 0x15]) {
    const lab = memoryLab({
      alter: (packet) => {
        if (packet.fromPort !== 623 || packet.datagram[5] !== type) return [packet]
        const forged = Uint8Array.from(packet.datagram)
        forged[20] = (forged[20] ?? 0) ^ 1
        return [{ ...packet, datagram: forged }, packet]
      },
    })
    const { target } = await lab.addBmc()
    t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
    t.equal(lab.client.counters.dropped.stranger, 1)
  }
})

test('Open Session that is refused for suite 17 is proposed with suite 3, whatever the status', async (t) => {
  for (const status of [NoMatchingCipherSuite, InvalidAuthenticationAlgorithm, IllegalParameter, 0x1f]) {
    const lab = memoryLab()
    const rules: Rule[] = [{ message: 'Open Session Request', suite: 17, status }]
    const { target } = await lab.addBmc({ faults: { rules } })
    const run = lab.client.run(target, async (session) => session.cipherSuite)
    t.equal(await lab.clock.run(run), 3, `status ${status}`)
  }
})

test('Open Session that is refused for its privilege level is proposed with the highest and with Administrator', async (t) => {
  for (const status of [InvalidRole, UnauthorizedRole, IllegalParameter]) {
    for (const privilege of [['operator'], ['operator', 'highest']] as const) {
      const lab = memoryLab()
      const rules: Rule[] = privilege.map((level) => ({ message: 'Open Session Request', privilege: level, status }))
      const { target, orders } = await lab.addBmc({ faults: { rules } })
      await lab.clock.run(lab.client.run(target, on))
      t.same(orders, ['powerUp'], `status ${status}, not ${privilege}`)
    }
  }
})

test('Open Session that is refused for every suite and level fails at once, after six proposals', async (t) => {
  const lab = memoryLab()
  const rules: Rule[] = [{ message: 'Open Session Request', status: IllegalParameter }]
  const { bmc, target } = await lab.addBmc({ faults: { rules } })
  t.match(await thrown(lab.clock.run(lab.client.run(target, readPower))), { kind: 'refused', status: IllegalParameter })
  t.equal(bmc.counters.received, 6)
})

test('a level that RAKP refuses is not asked for in another way', async (t) => {
  const lab = memoryLab()
  const users = [{ name: 'admin', password: 'secret', privilege: 'user' as const }]
  const { bmc, target } = await lab.addBmc({ users })
  t.match(await thrown(lab.clock.run(lab.client.run(target, on))), { kind: 'privilege' })
  t.equal(bmc.sessionCount <= 1, true)
  t.equal(bmc.counters.sessions, 0)
})

test('a refused Set Session Privilege Level stops no command that the BMC allows', async (t) => {
  for (const completionCode of [0xc1, 0xcc, 0xd4, 0xff, 0x80]) {
    const lab = memoryLab()
    const rules: Rule[] = [
      { message: 'Set Session Privilege Level', completionCode },
      // It does not check the level either.
    ]
    const { target } = await lab.addBmc({ faults: { rules } })
    const error = await thrown(lab.clock.run(lab.client.run(target, on)))
    // Ours checks: the refusal of the level is the reason.
    t.match(error, { kind: 'privilege', completionCode, message: /Set Session Privilege Level/ })
    const lenient = memoryLab()
    const allows: Rule = { message: 'Chassis Control', completionCode: 0 }
    const other = await lenient.addBmc({ faults: { rules: [...rules, allows] } })
    await lenient.clock.run(lenient.client.run(other.target, on))
  }
})

test('a BMC that is too busy to raise the level is asked again', async (t) => {
  const lab = memoryLab()
  const rules: Rule[] = [{ message: 'Set Session Privilege Level', completionCode: 0xc0, times: 3 }]
  const { target, orders } = await lab.addBmc({ faults: { rules } })
  await lab.clock.run(lab.client.run(target, on))
  t.same(orders, ['powerUp'])
})
