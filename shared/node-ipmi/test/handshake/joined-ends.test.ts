import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { createBmc, seededRandom } from '../../src/bmc/index.ts'
import { openConsoleSession } from '../../src/handshake/console.ts'
import type { Answered } from '../../src/handshake/console-step.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'

type Alter = (payloadType: number, payload: Uint8Array) => Uint8Array

/** Runs console and BMC against each other without a network. Throws if the console gets no session. */
function handshake(suite: 3 | 17, alter: Alter = (_type, payload) => payload) {
  const bmc = createBmc({
    clock: new VirtualClock(0),
    random: seededRandom(1),
    users: [{ name: 'admin', password: 'secret' }],
    chassis: { isOn: () => true, control: () => 'accepted' },
  })
  const flow = openConsoleSession({
    username: Buffer.from('admin'),
    password: Buffer.from('secret'),
    privilege: 3,
    suites: [suite],
    consoleSessionId: 0x01020304,
    consoleRandom: new Uint8Array(16).fill(0xaa),
  })
  let answered: Answered<unknown> = { answer: undefined, transmissions: 1 }
  for (;;) {
    const next = flow.next(answered)
    if (next.done) return next.value
    const step = next.value
    let reply: Uint8Array | undefined
    const request = alter(step.payloadType, step.message(7, 0))
    bmc.receive(plainPacket.encode(step.payloadType, request), { address: 'a', port: 1 }, (datagram) => {
      reply = datagram
    })
    if (step.answerType === undefined) continue
    if (reply === undefined) throw new Error('the BMC is silent')
    const { payloadType, payload } = plainPacket.decode(reply)
    if (payloadType !== step.answerType) throw new Error('another message')
    answered = { answer: step.read(alter(payloadType, Uint8Array.from(payload)), 0), transmissions: 1 }
  }
}

for (const suite of [3, 17] as const) {
  test(`console and BMC agree on the keys of suite ${suite}`, async (t) => {
    const { keys, managedSessionId } = handshake(suite)
    t.equal(keys.suite.id, suite)
    t.not(managedSessionId, 0)
  })

  for (const [name, type, from, to] of [
    ['Open Session Response from the session IDs to the managed one', PayloadType.OpenSessionResponse, 4, 12],
    ['RAKP 1 from the session ID to the random number', PayloadType.Rakp1, 4, 24],
    ["RAKP 1's user name", PayloadType.Rakp1, 27, Number.POSITIVE_INFINITY],
    ['RAKP 2 from the session ID to the code', PayloadType.Rakp2, 4, Number.POSITIVE_INFINITY],
    ['RAKP 3 from the session ID to the code', PayloadType.Rakp3, 4, Number.POSITIVE_INFINITY],
    ['RAKP 4 from the session ID to the code', PayloadType.Rakp4, 4, Number.POSITIVE_INFINITY],
  ] as const) {
    test(`a flipped bit opens no session with suite ${suite}: ${name}`, async (t) => {
      let end = from + 1
      for (let at = from; at < end; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const flip: Alter = (payloadType, payload) => {
            if (payloadType !== type) return payload
            end = Math.min(to, payload.length)
            payload[at] = (payload[at] ?? 0) ^ (1 << bit)
            return payload
          }
          t.throws(() => handshake(suite, flip), `byte ${at}, bit ${bit}`)
        }
      }
      t.ok(end > from + 1)
    })
  }
}
