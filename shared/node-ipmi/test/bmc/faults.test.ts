import { test } from 'tap'
import type { BmcFaults } from '../../src/bmc/index.ts'
import { BootOption } from '../../src/commands/boot-option-parameters.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import { presencePing } from '../../src/wire/asf.ts'
import { lanRequest } from '../../src/wire/lan-message.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { bench, exchange, openSession, peer, RawSession } from './raw-console.ts'

const ping = presencePing.encode({ tag: 1 })
const POWER_CYCLE = Uint8Array.of(2)

function faulty(faults: BmcFaults) {
  const lab = bench()
  const session = new RawSession(lab.bmc)
  session.raw(6, 0x3b, Uint8Array.of(4))
  Object.assign(lab.bmc.faults, faults)
  return { ...lab, session }
}

/** Answers to 2000 pings. */
const answered = (faults: BmcFaults) => {
  const { bmc } = faulty(faults)
  let count = 0
  for (let i = 0; i < 2000; i++) count += exchange(bmc, ping).length
  return { count, dropped: bmc.counters.dropped.fault }
}

test('loss drops its share in each direction, and the same datagrams for the same seed', async (t) => {
  for (const faults of [{ lossIn: 0.3 }, { lossOut: 0.3 }]) {
    const { count, dropped } = answered(faults)
    t.ok(count > 1200 && count < 1600, `${count}`)
    t.equal(count + dropped, 2000)
    t.equal(answered(faults).count, count)
  }
  t.equal(answered({ lossIn: 1 }).count, 0)
})

test('repeated datagrams come twice, and a command that arrives twice is executed once', async (t) => {
  t.equal(answered({ duplicateOut: 1 }).count, 4000)
  t.equal(answered({ duplicateIn: 1 }).count, 4000)
  const { session, machine } = faulty({ duplicateIn: 1 })
  session.raw(0, 2, POWER_CYCLE)
  t.same(machine.orders, ['powerCycle'])
})

test('with delay and jitter, answers come late and overtake each other', async (t) => {
  const { bmc, clock } = faulty({ delayMs: 100, jitterMs: 100 })
  const tags: (number | undefined)[] = []
  for (let tag = 0; tag < 50; tag++) bmc.receive(presencePing.encode({ tag }), peer, (answer) => tags.push(answer[9]))
  await clock.pass(99)
  t.equal(tags.length, 0)
  await clock.pass(102)
  t.equal(tags.length, 50)
  t.notSame(tags, tags.toSorted())
})

test('a corrupt answer differs in one byte', async (t) => {
  const { bmc } = faulty({})
  const [good] = exchange(bmc, ping)
  bmc.faults.corruptOut = 1
  const [bad] = exchange(bmc, ping)
  t.equal([...(good ?? [])].filter((byte, i) => byte !== bad?.[i]).length, 1)
})

test('a BMC answers nothing while it hangs, and answers again afterwards', async (t) => {
  const { bmc, session } = faulty({ hang: true })
  t.equal(session.raw(6, 1), undefined)
  bmc.faults.hang = false
  t.equal(session.raw(6, 1)?.completionCode, 0)
})

test('a command that gets C0h or an injected completion code is not executed', async (t) => {
  const { session, machine } = faulty({ busyCommands: 2 })
  for (const code of [CompletionCode.NodeBusy, CompletionCode.NodeBusy, CompletionCode.Ok]) {
    t.equal(session.raw(0, 2, POWER_CYCLE)?.completionCode, code)
  }
  t.equal(machine.orders.length, 1)
  const wrong = faulty({ completionCodes: { 'Chassis Control': CompletionCode.OutOfSpace } })
  t.equal(wrong.session.raw(0, 2, POWER_CYCLE)?.completionCode, CompletionCode.OutOfSpace)
  t.equal(wrong.session.raw(0, 1)?.completionCode, CompletionCode.Ok)
  t.same(wrong.machine.orders, [])
})

test('wrongIntegrityCodes is the number of answers with a wrong integrity code', async (t) => {
  const { session } = faulty({ wrongIntegrityCodes: 1 })
  t.throws(() => session.raw(6, 1))
  t.equal(session.raw(6, 1)?.completionCode, 0)
})

test('a full session table refuses new sessions, and a restart loses the open ones', async (t) => {
  const { bmc, session } = faulty({ fullSessionTable: true })
  t.match(openSession(bmc, { consoleSessionId: 9 }), { status: RmcpPlusStatus.InsufficientResources })
  t.equal(session.raw(6, 1)?.completionCode, 0)
  bmc.restart()
  t.equal(session.raw(6, 1), undefined)
  bmc.faults.fullSessionTable = false
  t.match(openSession(bmc, { consoleSessionId: 9 }), { status: RmcpPlusStatus.Ok })
})

test('Get Channel Cipher Suites and the timer option can be missing', async (t) => {
  const { bmc, session } = faulty({ silentCipherSuites: true, refuseTimerOption: true })
  const request = { netFn: 6, command: 0x54, sequence: 1, data: Uint8Array.of(14, 0, 0x80) }
  t.same(exchange(bmc, sessionlessPacket.encode(lanRequest.encode(request))), [])
  t.equal(session.raw(0, 8, Uint8Array.of(BootOption.flagValidClearing, 8))?.completionCode, 0x80)
  t.equal(session.raw(0, 8, Uint8Array.of(BootOption.flags, 0x80, 4, 0, 0, 0))?.completionCode, 0)
})

test('faults make the power state lag behind and make power control do nothing', async (t) => {
  const { session, machine, clock } = faulty({ stalePowerMs: 5000 })
  const isOn = () => ((session.raw(0, 1)?.data[0] ?? 0) & 1) === 1
  session.raw(0, 2, Uint8Array.of(0))
  t.notOk(machine.on)
  t.ok(isOn())
  await clock.pass(5001)
  t.notOk(isOn())
  const dead = faulty({ ignorePowerControl: true })
  t.equal(dead.session.raw(0, 2, Uint8Array.of(0))?.completionCode, 0)
  t.ok(dead.machine.on)
  t.equal(dead.bmc.counters.executed.powerDown, 0)
})
