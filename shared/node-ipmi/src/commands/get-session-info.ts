import { bits, bytes } from '../codec/bits.ts'
import type { Codec } from '../codec/codec.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** `index` of the session that sends the request, and of a session named by `handle` or `sessionId`. §22.20. */
export const SessionIndex = { current: 0x00, byHandle: 0xfe, byId: 0xff } as const

/** `protocol` of a session on a LAN channel. §22.20, byte 7. */
export const SessionProtocol = { version15: 0, version20: 1 } as const

const counts = bits({
  /** 0: there is no such active session. */
  handle: [0, 8],
  possibleSessions: [8, 6],
  activeSessions: [16, 6],
})

const session = bits({
  handle: [0, 8],
  possibleSessions: [8, 6],
  activeSessions: [16, 6],
  userId: [24, 6],
  privilege: [32, 4],
  channel: [40, 4],
  protocol: [44, 4],
  /** IPv4 address of the console, in network order. */
  consoleAddress: bytes(6, 4),
  consoleMac: bytes(10, 6),
  consolePort: [128, 16],
})

export type SessionInfo = ReturnType<typeof session.decode>

/** 18 bytes, 3 if there is no such active session; some BMCs end before the console's address. */
const response: Codec<SessionInfo> = {
  minLength: counts.minLength,
  maxLength: session.maxLength,
  decode(data) {
    counts.decode(data)
    const padded = new Uint8Array(session.maxLength)
    padded.set(data.subarray(0, session.maxLength))
    return session.decode(padded)
  },
  encode: (info) => (info.handle === 0 ? counts.encode(info) : session.encode(info)),
}

/** A session of the BMC: its user, privilege level, channel and console. §22.20. */
export const getSessionInfo = command({
  name: 'Get Session Info',
  netFn: NetFn.App,
  cmd: 0x3d,
  privilege: 'user',
  request: bits({
    /** The n-th active session from 1 on, or a value of SessionIndex. */
    index: [0, 8],
    /** With `byHandle` the handle, 1 byte; with `byId` the managed session ID, 4 bytes, least significant byte first. */
    selector: bytes(1),
  }),
  response,
})
