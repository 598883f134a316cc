import { setTimeout as sleep } from 'node:timers/promises'
import { AuthorizationError, type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import { BusError, messageOf } from '../bus-error.ts'
import { Jitter } from './jitter.ts'

/** Tries until it is connected. Rejects with UNAUTHORISED at once, with UNAVAILABLE after `timeoutMs`. */
export async function openConnection(options: ConnectionOptions, timeoutMs: number): Promise<NatsConnection> {
  const deadline = performance.now() + timeoutMs
  const jitter = new Jitter(100, 2000)
  for (;;) {
    try {
      return await connect(options)
    } catch (cause) {
      if (cause instanceof AuthorizationError) {
        throw new BusError('UNAUTHORISED', 'the bus does not take our credentials', { cause })
      }
      const pauseMs = jitter.next()
      if (performance.now() + pauseMs > deadline) {
        const text = `no connection to the bus within ${timeoutMs} ms: ${messageOf(cause)}`
        throw new BusError('UNAVAILABLE', text, { cause })
      }
      await sleep(pauseMs)
    }
  }
}
