import { test } from 'tap'
import { MalformedError } from '../../src/codec/malformed-error.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { presencePing, presencePong } from '../../src/wire/asf.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { readRmcpClass } from '../../src/wire/rmcp.ts'
import { openPacket, sealPacket } from '../../src/wire/sealed-packet.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('a LAN request has the bytes that ipmitool sends for Get Channel Authentication Capabilities', async (t) => {
  const message = lanRequest.encode({ netFn: 6, command: 0x38, sequence: 0, data: Uint8Array.of(0x8e, 0x04) })
  t.equal(hex(sessionlessPacket.encode(message)), '0600ff07000000000000000000092018c88100388e04b5')
  t.match(lanRequest.decode(message), { netFn: 6, command: 0x38, sequence: 0, responder: 0x20, requester: 0x81 })
})

test('a LAN response decodes to the original, and every flipped bit fails a checksum', async (t) => {
  const response = { netFn: 1, command: 1, sequence: 63, completionCode: 0xd5, data: Uint8Array.of(0xaa, 0xcc, 0xf0) }
  const message = lanResponse.encode(response)
  const { data, ...head } = lanResponse.decode(message)
  t.match(head, { netFn: 1, command: 1, sequence: 63, completionCode: 0xd5 })
  t.strictSame(new Uint8Array(data), response.data)
  for (let bit = 0; bit < message.length * 8; bit++) {
    const flipped = Uint8Array.from(message)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    t.throws(() => lanResponse.decode(flipped), MalformedError, `bit ${bit}`)
  }
  for (let length = 0; length < 8; length++)
    t.throws(() => lanResponse.decode(message.subarray(0, length)), MalformedError)
})

for (const suite of Object.values(cipherSuites)) {
  test(`a packet sealed with suite ${suite.id} opens; flipped bits and truncation are refused`, async (t) => {
    const filled = (length: number, byte: number) => Buffer.alloc(length, byte)
    const keys = { suite, sik: filled(20, 1), k1: filled(20, 2), aesKey: filled(16, 3) }
    for (let length = 0; length < 40; length++) {
      const packet = { payloadType: 0, sessionId: 0xaaccf0aa, sequence: 0xf0ccaaf0, payload: filled(length, 0xcc) }
      const sealed = sealPacket(keys, packet, filled(16, 9))
      t.strictSame(openPacket(keys, sealed), packet, `${length} bytes`)
      t.equal((sealed.length - 4 - suite.integrityLength) % 4, 0)
    }
    const sealed = sealPacket(keys, { payloadType: 0, sessionId: 1, sequence: 1, payload: filled(9, 5) }, filled(16, 9))
    // The integrity code does not cover the 4 bytes of the RMCP header.
    for (let bit = 32; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      t.throws(() => openPacket(keys, flipped), MalformedError, `bit ${bit}`)
    }
    for (let length = 0; length < sealed.length; length++) {
      t.throws(() => openPacket(keys, sealed.subarray(0, length)), MalformedError, `${length} bytes`)
    }
  })
}

test('a plain packet has no session ID, encryption or authentication', async (t) => {
  const bytes = plainPacket.encode(0x10, Uint8Array.of(1, 2, 3))
  t.equal(hex(bytes), '0600ff070610' + '00000000' + '00000000' + '0300' + '010203')
  t.match(plainPacket.decode(bytes), { payloadType: 0x10 })
  for (const [at, value] of [
    [5, 0x50],
    [5, 0x90],
    [6, 1],
    [4, 0],
  ] as const) {
    const wrong = Uint8Array.from(bytes)
    wrong[at] = value
    t.throws(() => plainPacket.decode(wrong), MalformedError, `byte ${at}`)
  }
})

test('an RMCP header of another version, or an acknowledgement, is malformed', async (t) => {
  t.equal(readRmcpClass(Uint8Array.of(6, 0, 0xff, 7)), 7)
  for (const header of [[5, 0, 0xff, 7], [6, 0, 0xff, 0x87], [6, 0, 0xff], []]) {
    t.throws(() => readRmcpClass(Uint8Array.from(header)), MalformedError)
  }
})

test('presence ping and pong have the bytes of §13.2.3 and §13.2.4', async (t) => {
  t.equal(hex(presencePing.encode({ tag: 9 })), '0600ff06000011be80090000')
  const pong = presencePong.encode({ tag: 9, ipmi: true })
  t.equal(pong.length, 28)
  t.same(presencePong.decode(pong), { tag: 9, ipmi: true })
  t.throws(() => presencePong.decode(presencePing.encode({ tag: 9 })), MalformedError)
})
