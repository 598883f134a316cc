import { PowerbusError } from '../errors.ts'
import type { Claim, Holder, OnceClaim } from './coordinator.ts'
import { seconds } from './turn.ts'

/** `sinceMs`: in milliseconds since 1970. */
export function busyError({ key, waitMs }: Claim, holder: Holder, sinceMs: number): PowerbusError {
  return new PowerbusError(
    'TARGET_BUSY',
    `${key} is held by ${holder.command} (request ${holder.requestId}) since ${new Date(sinceMs).toISOString()}; waited ${seconds(waitMs)} s for a turn`,
  )
}

export function usedForAnother({ requestId, subject }: OnceClaim<unknown>, known: string): PowerbusError {
  return new PowerbusError(
    'OBJECT_CONFLICT',
    `power/request-id ${requestId} was already used for ${known}; use a new one for ${subject}`,
  )
}
