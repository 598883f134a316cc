import type { Clock } from '../transport/clock.ts'

/** Longest time the chassis may take for one command, in milliseconds. Consoles give up a session after about 20 s. */
export const CHASSIS_TIMEOUT_MS = 10_000

/** The chassis did not answer within CHASSIS_TIMEOUT_MS. */
export class ChassisTimeoutError extends Error {
  constructor() {
    super(`the chassis did not answer within ${CHASSIS_TIMEOUT_MS} ms`)
    this.name = 'ChassisTimeoutError'
  }
}

/** Resolves or rejects like `promise`; rejects with ChassisTimeoutError after CHASSIS_TIMEOUT_MS. */
export function withChassisTimeout<T>(clock: Clock, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(CHASSIS_TIMEOUT_MS, () => reject(new ChassisTimeoutError()))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
