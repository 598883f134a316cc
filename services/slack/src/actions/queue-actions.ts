import { type Action, defineAction, defineParam } from '@powerbus/plugin-sdk'
import type { Deliverer } from '../delivery/deliverer.ts'
import { listQueue } from './queue-list.ts'
import { retryParked } from './retry-parked.ts'

const message = defineParam({
  name: 'slack/message',
  description: 'Id of the parked message to try again, from slackqueue; default all',
  schema: { type: 'string', minLength: 1, maxLength: 100 },
})

/** `deliverer` throws PLUGIN_UNAVAILABLE before the first config. */
export function queueActions(deliverer: () => Deliverer): readonly Action[] {
  return [
    defineAction({
      name: 'slackqueue',
      model: 'plugins',
      description: 'List the messages that wait and those that Slack refuses, with the reason',
      params: [],
      run: () => listQueue(deliverer()),
    }),
    defineAction({
      name: 'slackretry',
      model: 'plugins',
      description: 'Try parked messages again: one, or all of them and all parked channels',
      params: [message],
      run: ({ params }) => retryParked(deliverer(), params['slack/message']),
    }),
  ]
}
