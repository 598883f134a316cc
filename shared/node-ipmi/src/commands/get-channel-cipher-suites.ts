import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Bytes of records in one answer; a shorter answer (or none) is the last. */
export const CIPHER_SUITE_PART_LENGTH = 16

/**
 * The cipher suites of a channel, 16 bytes of their records at a time (see cipher-suite-records.ts). §22.15. ipmitool asks in RMCP+ framing
 * outside of a session, and waits for 10 s where a BMC is silent.
 */
export const getChannelCipherSuites = command({
  name: 'Get Channel Cipher Suites',
  netFn: NetFn.App,
  cmd: 0x54,
  privilege: 'none',
  request: bits({
    channel: [0, 4],
    /** Payload type that the suites are for; 0 is IPMI. */
    payloadType: [8, 6],
    /** Which 16 bytes, 0..63. */
    index: [16, 6],
    /** True: records by suite. False: just the algorithms, each with its tag. */
    bySuite: [23],
  }),
  response: bits({ channel: [0, 8], records: bytes(1) }),
})
