import { bits, bytes } from '../codec/bits.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/** Bytes of records in one response; a shorter response is the last. */
export const CIPHER_SUITE_PART_LENGTH = 16

/**
 * Cipher suites of a channel, 16 bytes of records per response (see cipher-suite-records.ts). §22.15. ipmitool sends it
 * in RMCP+ framing outside a session, and waits 10 s if the BMC is silent.
 */
export const getChannelCipherSuites = command({
  name: 'Get Channel Cipher Suites',
  netFn: NetFn.App,
  cmd: 0x54,
  privilege: 'none',
  request: bits({
    channel: [0, 4],
    /** Payload type of the suites; 0 is IPMI. */
    payloadType: [8, 6],
    /** Index of the 16-byte part, 0..63. */
    index: [16, 6],
    /** True: records by suite. False: a list of algorithms, each with its tag. */
    bySuite: [23],
  }),
  response: bits({ channel: [0, 8], records: bytes(1) }),
})
