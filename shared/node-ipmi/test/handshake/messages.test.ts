import { test } from 'tap'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from '../../src/handshake/open-session.ts'
import { rakp1 } from '../../src/handshake/rakp-1.ts'
import { rakp2 } from '../../src/handshake/rakp-2.ts'
import { rakp3 } from '../../src/handshake/rakp-3.ts'
import { rakp4 } from '../../src/handshake/rakp-4.ts'
import { roundTrip } from '../round-trip.ts'

test('Open Session Request has the 32 bytes that ipmitool sends', async (t) => {
  const bytes = openSessionRequest.encode({
    ...algorithmPayloadHeaders,
    tag: 0,
    privilege: 4,
    consoleSessionId: 0xa0a2a3a4,
    authenticationAlgorithm: 1,
    integrityAlgorithm: 1,
    confidentialityAlgorithm: 1,
  })
  t.equal(Buffer.from(bytes).toString('hex'), '00040000a4a3a2a0000000080100000001000008010000000200000801000000')
  roundTrip(t, 'Open Session Request', openSessionRequest)
})

test('Open Session Response has 36 bytes, a refusal at least 2', async (t) => {
  const accepted = Buffer.from('00000400a4a3a2a00200000000000008010000000100000801000000020000080100' + '0000', 'hex')
  t.match(openSessionResponse.decode(accepted), {
    status: 0,
    consoleSessionId: 0xa0a2a3a4,
    managedSessionId: 2,
    authenticationAlgorithm: 1,
    integrityAlgorithm: 1,
    confidentialityAlgorithm: 1,
  })
  t.equal(openSessionResponse.encode(openSessionResponse.decode(accepted)).length, 36)
  t.match(openSessionResponse.decode(Uint8Array.of(7, 4)), { tag: 7, status: 4, managedSessionId: 0 })
  t.throws(() => openSessionResponse.decode(Uint8Array.of(7)))
  t.throws(() => openSessionResponse.decode(accepted.subarray(0, 30)))
})

test('RAKP 1 has a name of 0 to 16 bytes, and padding after it is ignored', async (t) => {
  for (const length of [0, 5, 16]) {
    const username = new Uint8Array(length).fill(0x61)
    const message = { tag: 1, managedSessionId: 2, consoleRandom: new Uint8Array(16).fill(0xaa), role: 0x14, username }
    const bytes = rakp1.encode(message)
    t.equal(bytes.length, 28 + length)
    t.strictSame(rakp1.decode(bytes), message)
    t.strictSame(rakp1.decode(Uint8Array.from([...bytes, 0, 0])), message)
    if (length > 0) t.throws(() => rakp1.decode(bytes.subarray(0, -1)))
  }
})

test('refusals in RAKP 2 and RAKP 4 may be short or of full length', async (t) => {
  for (const codec of [rakp2, rakp4]) {
    t.match(codec.decode(Uint8Array.of(1, 0x0d, 0, 0, 4, 3, 2, 1)), {
      tag: 1,
      status: 0x0d,
      consoleSessionId: 0x01020304,
    })
    t.match(codec.decode(Uint8Array.of(1, 0x0d, 0, 0, 4, 3, 2, 1, ...new Uint8Array(52))), { status: 0x0d })
    t.throws(() => codec.decode(new Uint8Array(7)))
  }
  t.throws(() => rakp2.decode(new Uint8Array(39)), 'accepted, but truncated')
})

test('RAKP 3 and RAKP 4 encode what they decoded', async (t) => {
  roundTrip(t, 'RAKP 3', rakp3)
  roundTrip(t, 'RAKP 4', rakp4)
})
