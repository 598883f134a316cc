import { ChassisControl, type ChassisControlName } from '../commands/chassis-control.ts'

/** Why a datagram got no answer. */
export type DropReason =
  /** Not RMCP, cut short, or a wrong length, checksum, pad or integrity code. */
  | 'malformed'
  /** No session of that number for that sender. */
  | 'unknownSession'
  /** A sequence number that came before, or is out of the window. */
  | 'sequence'
  /** A payload type or class of message that is not spoken here. */
  | 'unsupported'
  /** A handshake message that the session is past, or a refusal by the console. */
  | 'handshake'
  /** A fault on demand. */
  | 'fault'

export interface BmcCounters {
  /** Datagrams. */
  received: number
  sent: number
  readonly dropped: Record<DropReason, number>
  /** Chassis Control commands that the chassis accepted. */
  readonly executed: Record<ChassisControlName, number>
  /** Requests that were answered, in a session or before one, with whatever completion code. */
  commands: number
  /** Sessions opened. */
  sessions: number
  /** Times that the chassis threw, rejected, or did not answer in time. */
  chassisErrors: number
}

export function newCounters(): BmcCounters {
  const executed = Object.fromEntries(Object.keys(ChassisControl).map((verb) => [verb, 0]))
  return {
    received: 0,
    sent: 0,
    dropped: { malformed: 0, unknownSession: 0, sequence: 0, unsupported: 0, handshake: 0, fault: 0 },
    executed: executed as Record<ChassisControlName, number>,
    commands: 0,
    sessions: 0,
    chassisErrors: 0,
  }
}
