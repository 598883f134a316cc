import { BusError } from '@powerbus/bus'

/** Whether it may pass: the bus was not reached, or did not answer. Refused credentials and wrong addresses do not pass. */
export function isBusAway(error: unknown): error is BusError {
  return error instanceof BusError && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')
}
