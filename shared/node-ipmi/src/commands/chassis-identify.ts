import type { Codec } from '../codec/codec.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

export interface ChassisIdentifyRequest {
  /** 0 turns it off; 1..255 seconds. */
  readonly intervalSeconds: number
  /** On until told otherwise, whatever the interval. */
  readonly force: boolean
}

/** Interval where none is given. §28.5. */
export const DEFAULT_IDENTIFY_SECONDS = 15

const FORCE = 0x01

/** Both bytes are optional. The second is written only where it says something: BMCs of IPMI v1.5 refuse a request of 2 bytes. */
const request: Codec<ChassisIdentifyRequest> = {
  minLength: 0,
  maxLength: 2,
  decode: (data) => ({
    intervalSeconds: data[0] ?? DEFAULT_IDENTIFY_SECONDS,
    force: ((data[1] ?? 0) & FORCE) !== 0,
  }),
  encode({ intervalSeconds, force }) {
    if (!Number.isInteger(intervalSeconds) || intervalSeconds < 0 || intervalSeconds > 255) {
      throw new RangeError('intervalSeconds: an integer from 0 to 255 expected')
    }
    return force ? Uint8Array.of(intervalSeconds, FORCE) : Uint8Array.of(intervalSeconds)
  },
}

/** Has the chassis show where it is, by a lamp or a sound. §28.5. */
export const chassisIdentify = command({
  name: 'Chassis Identify',
  netFn: NetFn.Chassis,
  cmd: 0x04,
  privilege: 'operator',
  request,
  response: empty,
})
