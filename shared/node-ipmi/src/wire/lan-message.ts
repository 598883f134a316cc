import { checksum } from '../codec/checksum.ts'
import { MalformedError } from '../codec/malformed-error.ts'

/** Slave address of a BMC, 8-bit form. §5.5. */
export const BMC_ADDRESS = 0x20
/** Software ID of remote console software, 8-bit form. §5.5. */
export const CONSOLE_ADDRESS = 0x81

/** An IPMI LAN request. `netFn` is even. §13.8. */
export interface LanRequest {
  readonly netFn: number
  readonly command: number
  /** rqSeq, 0..63; a response repeats it. */
  readonly sequence: number
  readonly data: Uint8Array
  /** Responder's slave address; default BMC_ADDRESS. */
  readonly responder?: number
  readonly responderLun?: number
  readonly requester?: number
  readonly requesterLun?: number
}

/** An IPMI LAN response. `netFn` is the request's `netFn` plus 1. §13.8. */
export interface LanResponse extends LanRequest {
  readonly completionCode: number
}

/** Whether the response answers the request: same rqSeq and command, and the network function after the request's. §13.8. */
export function isAnswerTo(
  request: Pick<LanRequest, 'netFn' | 'command' | 'sequence'>,
  response: Pick<LanResponse, 'netFn' | 'command' | 'sequence'>,
): boolean {
  return (
    response.sequence === request.sequence &&
    response.command === request.command &&
    response.netFn === request.netFn + 1
  )
}

/** Bytes of a request without its data. */
export const REQUEST_OVERHEAD = 7
const RESPONSE_OVERHEAD = 8

export const lanRequest = {
  encode(request: LanRequest): Uint8Array {
    const message = new Uint8Array(REQUEST_OVERHEAD + request.data.length)
    lanRequest.write(message, 0, request)
    return message
  },
  /** Writes its REQUEST_OVERHEAD + `data.length` bytes at `at`. */
  write(target: Uint8Array, at: number, request: LanRequest): void {
    writeMessage(
      target,
      at,
      request.responder ?? BMC_ADDRESS,
      request.responderLun ?? 0,
      request.requester ?? CONSOLE_ADDRESS,
      request.requesterLun ?? 0,
      request,
      request.data,
    )
  },
  /** Throws MalformedError for a wrong checksum, a response, or fewer than 7 bytes. */
  decode(message: Uint8Array): LanRequest {
    checkSums(message)
    const { to, toLun, from, fromLun, netFn, sequence, command, data } = readMessage(message, REQUEST_OVERHEAD)
    if ((netFn & 1) !== 0) throw new MalformedError('a request was expected, a response came')
    return {
      netFn,
      command,
      sequence,
      data,
      responder: to,
      responderLun: toLun,
      requester: from,
      requesterLun: fromLun,
    }
  },
}

export const lanResponse = {
  encode(response: LanResponse): Uint8Array {
    const data = new Uint8Array(response.data.length + 1)
    data[0] = response.completionCode
    data.set(response.data, 1)
    const message = new Uint8Array(REQUEST_OVERHEAD + data.length)
    writeMessage(
      message,
      0,
      response.requester ?? CONSOLE_ADDRESS,
      response.requesterLun ?? 0,
      response.responder ?? BMC_ADDRESS,
      response.responderLun ?? 0,
      response,
      data,
    )
    return message
  },
  /**
   * Throws MalformedError for a wrong checksum, a request, or fewer than 8 bytes. Addresses and LUNs are as sent: BMCs
   * exchange them, or answer with their own.
   */
  decode(message: Uint8Array): LanResponse {
    checkSums(message)
    return lanResponse.decodeAuthentic(message)
  },
  /**
   * Like `decode`, for the payload of a packet whose integrity code is right, which covers more than the checksums do:
   * they are not checked, since some BMCs (Supermicro X9) compute them wrongly.
   */
  decodeAuthentic(message: Uint8Array): LanResponse {
    const { to, toLun, from, fromLun, netFn, sequence, command, data } = readMessage(message, RESPONSE_OVERHEAD)
    if ((netFn & 1) === 0) throw new MalformedError('a response was expected, a request came')
    return {
      netFn,
      command,
      sequence,
      completionCode: data[0] ?? 0xff,
      data: data.subarray(1),
      responder: from,
      responderLun: fromLun,
      requester: to,
      requesterLun: toLun,
    }
  },
}

/** Layout of both directions: to, netFn/LUN, checksum, from, sequence/LUN, command, data, checksum. §13.8. */
function writeMessage(
  target: Uint8Array,
  at: number,
  to: number,
  toLun: number,
  from: number,
  fromLun: number,
  { netFn, sequence, command }: { netFn: number; sequence: number; command: number },
  data: Uint8Array,
): void {
  const end = at + REQUEST_OVERHEAD + data.length
  target[at] = to
  target[at + 1] = (netFn << 2) | toLun
  target[at + 2] = checksum(target, at, at + 2)
  target[at + 3] = from
  target[at + 4] = (sequence << 2) | fromLun
  target[at + 5] = command
  target.set(data, at + 6)
  target[end - 1] = checksum(target, at + 3, end - 1)
}

/** Throws MalformedError for a wrong checksum. */
function checkSums(message: Uint8Array): void {
  if (checksum(message, 0, 3) !== 0) throw new MalformedError('wrong header checksum', 'checksum')
  if (checksum(message, 3, message.length) !== 0) throw new MalformedError('wrong data checksum', 'checksum')
}

function readMessage(message: Uint8Array, minLength: number) {
  if (message.length < minLength) throw new MalformedError('shorter than an IPMI LAN message')
  // Read by index: destructuring would run the array's iterator for every datagram.
  const toNetFn = message[1] ?? 0
  const fromSequence = message[4] ?? 0
  return {
    to: message[0] ?? 0,
    toLun: toNetFn & 3,
    netFn: toNetFn >> 2,
    from: message[3] ?? 0,
    fromLun: fromSequence & 3,
    sequence: fromSequence >> 2,
    command: message[5] ?? 0,
    data: message.subarray(6, message.length - 1),
  }
}
