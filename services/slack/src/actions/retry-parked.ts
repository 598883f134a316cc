import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deliverer } from '../delivery/deliverer.ts'
import { UNRESOLVED } from '../outbox/outbox.ts'

/**
 * Puts the parked message `only` back, or all of them and all parked channels. Gives the counts of messages and
 * channels. Throws OBJECT_UNKNOWN if `only` is not parked.
 */
export async function retryParked(deliverer: Deliverer, only: string | undefined) {
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
      deliverer.lane(channel).refresh()
    }
    if (only === undefined && lane.state.parked) parked.push(channel)
  }
  if (only !== undefined && messages === 0) {
    const text = `no message ${JSON.stringify(only)} is parked: slackqueue lists the parked ones`
    throw new PowerbusError('OBJECT_UNKNOWN', text)
  }
  await deliverer.retryChannels(parked)
  return { Messages: messages, Channels: parked.length }
}
