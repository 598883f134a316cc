import { test } from 'tap'
import { MalformedError, type MalformedReason } from '../../src/codec/malformed-error.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import type { SessionKeys } from '../../src/crypto/session-keys.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { openPacket, sealPacket } from '../../src/wire/sealed-packet.ts'
import { readSessionHeader } from '../../src/wire/session-header.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { oddSeal, type PacketOddity, padOf, trailerOf } from './odd-seal.ts'

const filled = (length: number, byte: number) => Buffer.alloc(length, byte)
const packetOf = (length: number) => ({ payloadType: 0, sessionId: 5, sequence: 9, payload: filled(length, 0xcc) })
const keysOf = (suite: SessionKeys['suite']): SessionKeys => ({
  suite,
  sik: filled(20, 1),
  k1: filled(20, 2),
  aesKey: filled(16, 3),
})
const suites = Object.values(cipherSuites).map(keysOf)

/** Reason of the MalformedError; undefined if nothing is thrown. */
function reasonOf(read: () => unknown): MalformedReason | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof MalformedError) return error.reason
    throw error
  }
}

/** What BMCs send, by the program or firmware where it was seen. */
const read: Readonly<Record<string, PacketOddity>> = {
  'as specified': {},
  'phosphor-net-ipmid: 16 confidentiality pad bytes where 0 are due': {
    confidentialityPad: (length) => padOf(length % 16 === 15 ? 16 : 15 - (length % 16)),
  },
  'phosphor-net-ipmid: 4 integrity pad bytes where 0 are due': {
    trailer: (length) => trailerOf(4 - ((length + 2) % 4)),
  },
  'zeros as confidentiality pad': {
    confidentialityPad: (length) => [...new Array<number>(15 - (length % 16)).fill(0), 15 - (length % 16)],
  },
  'zeros as integrity pad': { trailer: (length) => trailerOf((4 - ((length + 2) % 4)) % 4, 0) },
  'no integrity pad (ipmitool -o icts)': { trailer: () => trailerOf(0) },
  'a pad length that does not count the pad': { trailer: () => [0xff, 0xff, 0, 7] },
  'another next header': { trailer: () => trailerOf(2, 0xff, 0) },
  'no trailer at all': { trailer: () => [] },
  'an integrity code of the length of the hash': { codeLength: 20 },
  'bytes after the integrity code': { tail: [0, 0, 0] },
}

for (const keys of suites) {
  for (const [name, oddity] of Object.entries(read)) {
    test(`suite ${keys.suite.id} opens a packet with ${name}, and refuses every flipped bit of it`, async (t) => {
      for (let length = 0; length < 33; length++) {
        t.strictSame(openPacket(keys, oddSeal(keys, packetOf(length), oddity)), packetOf(length), `${length} bytes`)
      }
      const sealed = oddSeal(keys, packetOf(15), oddity)
      let opened = 0
      const coveredBits = (sealed.length - (oddity.tail?.length ?? 0)) * 8
      const codeTail = Math.max(0, (oddity.codeLength ?? 0) - keys.suite.integrityLength) * 8
      for (let bit = 32; bit < coveredBits - codeTail; bit++) {
        const flipped = Buffer.from(sealed)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        if (reasonOf(() => openPacket(keys, flipped)) === undefined) opened++
      }
      t.equal(opened, 0)
    })
  }

  test(`suite ${keys.suite.id} refuses a confidentiality pad length that cannot be`, async (t) => {
    for (const [dataLength, pad] of [
      [15, [...padOf(16).slice(0, 16), 17]],
      [15, [255]],
      [0, [...padOf(15).slice(0, 15), 16]],
    ] as const) {
      const sealed = oddSeal(keys, packetOf(dataLength), { confidentialityPad: () => pad })
      t.equal(
        reasonOf(() => openPacket(keys, sealed)),
        'padding',
      )
    }
  })

  test(`suite ${keys.suite.id} refuses an odd packet without encryption, authentication or the right key`, async (t) => {
    const sealed = oddSeal(keys, packetOf(15), { trailer: () => [], tail: [1, 2, 3] })
    for (const type of [0x00, 0x40, 0x80]) {
      const downgraded = Uint8Array.from(sealed)
      downgraded[5] = type
      t.throws(() => openPacket(keys, downgraded), MalformedError)
    }
    t.equal(
      reasonOf(() => openPacket({ ...keys, k1: filled(20, 4) }, sealed)),
      'integrity',
    )
    const cut = sealed.subarray(0, sealed.length - 3 - keys.suite.integrityLength)
    t.throws(() => openPacket(keys, cut), MalformedError, 'no integrity code')
  })
}

test('a sealed packet whose payload length exceeds the datagram is refused', async (t) => {
  for (const keys of suites) {
    const sealed = sealPacket(keys, packetOf(3), filled(16, 1))
    sealed[15] = 0xff
    t.throws(() => openPacket(keys, sealed), MalformedError)
  }
})

test('a plain packet may be longer or shorter than its payload length', async (t) => {
  const bytes = plainPacket.encode(0x13, Uint8Array.of(1, 2, 3))
  const read = (length: number, datagram: Uint8Array) => {
    const odd = Uint8Array.from(datagram)
    odd[14] = length
    return [...plainPacket.decode(odd).payload]
  }
  t.strictSame(read(3, Uint8Array.of(...bytes, 9, 9)), [1, 2, 3], 'trailing bytes are ignored')
  t.strictSame(read(4, bytes), [1, 2, 3], 'Supermicro H8QME: a length that is off by one')
  t.strictSame(read(0, bytes), [])
})

test('RMCP sequence number and reserved bits are ignored; an explicit OEM payload is refused', async (t) => {
  const bytes = plainPacket.encode(0x13, Uint8Array.of(1))
  bytes.set([0x06, 0xaa, 0x00, 0x67])
  t.match(plainPacket.decode(bytes), { payloadType: 0x13 })
  bytes[5] = 0x02
  t.equal(
    reasonOf(() => readSessionHeader(bytes)),
    'unexpected',
  )
})

test('an IPMI v1.5 packet outside a session may have trailing bytes, and no fewer than its length', async (t) => {
  const bytes = sessionlessPacket.encode(Uint8Array.of(1, 2, 3))
  t.strictSame([...sessionlessPacket.decode(Uint8Array.of(...bytes, 0, 0, 0, 0))], [1, 2, 3])
  t.throws(() => sessionlessPacket.decode(bytes.subarray(0, bytes.length - 1)), MalformedError)
})

test('a response keeps its odd addresses and LUNs; its checksums count outside a session only', async (t) => {
  const response = { netFn: 1, command: 1, sequence: 7, completionCode: 0, data: Uint8Array.of(0x21) }
  const odd = { responder: 0x81, responderLun: 3, requester: 0x20, requesterLun: 2 }
  const message = lanResponse.encode({ ...response, ...odd })
  t.match(lanResponse.decode(message), { sequence: 7, completionCode: 0, ...odd })
  for (const at of [2, message.length - 1]) {
    const wrong = Uint8Array.from(message)
    wrong[at] = (wrong[at] ?? 0) ^ 0xff
    t.equal(
      reasonOf(() => lanResponse.decode(wrong)),
      'checksum',
    )
    t.match(lanResponse.decodeAuthentic(wrong), { netFn: 1, command: 1, sequence: 7, completionCode: 0 })
  }
  const request = lanRequest.encode({ netFn: 0, command: 1, sequence: 7, data: Uint8Array.of(0) })
  t.throws(() => lanResponse.decodeAuthentic(request), MalformedError, 'a request is not a response')
  t.throws(() => lanResponse.decodeAuthentic(message.subarray(0, 7)), MalformedError, 'no completion code')
})
