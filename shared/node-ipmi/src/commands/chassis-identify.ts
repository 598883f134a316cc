import type { Codec } from '../codec/codec.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

export interface ChassisIdentifyRequest {
  /** Seconds to stay on, 1..255; 0 turns it off. */
  readonly intervalSeconds: number
  /** True: stay on until the next Chassis Identify; the interval is ignored. */
  readonly force: boolean
}

/** Interval if the request has none, in seconds. §28.5. */
export const DEFAULT_IDENTIFY_SECONDS = 15

const FORCE = 0x01

/**
 * Both bytes are optional. The second is written only for `force`, since IPMI v1.5 BMCs refuse a request of 2 bytes.
 */
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

/** Makes the chassis identify itself by a light or sound. §28.5. */
export const chassisIdentify = command({
  name: 'Chassis Identify',
  netFn: NetFn.Chassis,
  cmd: 0x04,
  privilege: 'operator',
  request,
  response: empty,
})
