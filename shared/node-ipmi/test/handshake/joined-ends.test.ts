import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { createBmc, seededRandom } from '../../src/bmc/index.ts'
import {
  consoleHandshake,
  openSessionDatagram,
  rakp1Datagram,
  rakp3Datagram,
  readOpenSession,
  readRakp2,
  readRakp4,
} from '../../src/handshake/console.ts'
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
  const login = { username: Buffer.from('admin'), password: Buffer.from('secret'), privilege: 3 }
  const console = consoleHandshake(login, 0x01020304, new Uint8Array(16).fill(0xaa))
  const altered = (datagram: Uint8Array) => {
    const { payloadType, payload } = plainPacket.decode(datagram)
    return plainPacket.encode(payloadType, alter(payloadType, Uint8Array.from(payload)))
  }
  const ask = (answerType: number, message: Uint8Array): Uint8Array => {
    let reply: Uint8Array | undefined
    const request = altered(message)
    bmc.receive(request, { address: 'a', port: 1 }, (datagram) => {
      reply = datagram
    })
    if (reply === undefined) throw new Error('the BMC is silent')
    if (plainPacket.decode(reply).payloadType !== answerType) throw new Error('another message')
    return altered(reply)
  }
  const check = (status: number) => {
    if (status !== 0) throw new Error(`refused: ${status}`)
  }
  const { OpenSessionResponse, Rakp2, Rakp4 } = PayloadType
  const proposal = { suite, privilege: 3 }
  const first = ask(OpenSessionResponse, openSessionDatagram(console, 7, proposal))
  check(readOpenSession(console, first, [proposal]))
  check(readRakp2(console, ask(Rakp2, rakp1Datagram(console, 7))))
  check(readRakp4(console, ask(Rakp4, rakp3Datagram(console, 7))))
  if (console.keys === undefined) throw new Error('no keys')
  return { keys: console.keys, managedSessionId: console.managedSessionId }
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
