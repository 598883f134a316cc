import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deliverer } from '../delivery/deliverer.ts'
import { UNRESOLVED } from '../outbox/outbox.ts'

export interface RetryResult {
  /** Messages that were put back. */
  readonly Messages: number
  /** Channels that were parked as a whole and are tried again. */
  readonly Channels: number
}

/** Puts parked messages back: the one named, or all, and with them all parked channels. Throws OBJECT_UNKNOWN for one that is not parked. */
export async function retryParked(deliverer: Deliverer, only: string | undefined): Promise<RetryResult> {
  const { outbox } = deliverer
  let messages = 0
  const parked: string[] = []
  for (const channel of await outbox.channels()) {
    if (channel === UNRESOLVED) continue
    const lane = await outbox.look(channel)
    const ids = [...lane.records.values()].filter(({ state }) => state === 'parked').map(({ id }) => id)
    for (const id of ids) {
      if (only !== undefined && only !== id) continue
      if (await outbox.retry(channel, id)) messages += 1
      deliverer.lane(channel).reload()
    }
    if (only === undefined && lane.state.parked) parked.push(channel)
  }
  if (only !== undefined && messages === 0) {
    throw new PowerbusError(
      'OBJECT_UNKNOWN',
      `no message ${JSON.stringify(only)} is parked: slackqueue lists those that are`,
    )
  }
  await deliverer.retryChannels(parked)
  return { Messages: messages, Channels: parked.length }
}
