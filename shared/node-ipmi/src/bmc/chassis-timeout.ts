import type { Clock } from '../transport/clock.ts'

/** How long the chassis may take for one command, in milliseconds. Consoles give up on a session after 20 s or so. */
export const CHASSIS_TIMEOUT_MS = 10_000

/** The chassis did not answer in CHASSIS_TIMEOUT_MS. */
export class ChassisTimeoutError extends Error {
  constructor() {
    super(`the chassis did not answer in ${CHASSIS_TIMEOUT_MS} ms`)
    this.name = 'ChassisTimeoutError'
  }
}

/** What the chassis promises, or rejects with ChassisTimeoutError. */
export function withChassisTimeout<T>(clock: Clock, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(CHASSIS_TIMEOUT_MS, () => reject(new ChassisTimeoutError()))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
