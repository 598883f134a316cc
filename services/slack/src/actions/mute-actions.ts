import { type Action, defineAction, defineParam, PowerbusError, required } from '@powerbus/plugin-sdk'
import type { Deliverer } from '../delivery/deliverer.ts'

const MINUTE_MS = 60_000

const minutes = defineParam({
  name: 'slack/for',
  description: 'Minutes for which nothing is posted',
  schema: { type: 'integer', minimum: 1, maximum: 43_200, default: 60 },
})

const muted = defineParam({
  name: 'slack/channel',
  description: 'Name or id of the channel, or id of the user, to mute',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
})

const channel = required(muted)

export const muteParams = [minutes, muted] as const

/** `deliverer` gives PLUGIN_UNAVAILABLE before the first config. */
export function muteActions(deliverer: () => Deliverer): readonly Action[] {
  return [
    defineAction({
      name: 'slackmute',
      model: 'machines',
      description: 'Post nothing about this machine for a time; its events are dropped',
      params: [minutes],
      async run({ params, model }) {
        const { uuid, name } = machineOf(model)
        const durationMs = params['slack/for'] * MINUTE_MS
        return until(name, await deliverer().mutes.mute(['machine', uuid], name, durationMs))
      },
    }),
    defineAction({
      name: 'slackunmute',
      model: 'machines',
      description: 'Post about this machine again',
      params: [],
      async run({ model }) {
        const { uuid, name } = machineOf(model)
        return { Muted: name, Changed: await deliverer().mutes.unmute(['machine', uuid]) }
      },
    }),
    defineAction({
      name: 'slackmutechannel',
      model: 'plugins',
      description: 'Post nothing to a channel for a time; its events are dropped',
      params: [channel, minutes],
      async run({ params }) {
        const { id, name } = channelOf(deliverer(), params['slack/channel'])
        return until(name, await deliverer().mutes.mute(['channel', id], name, params['slack/for'] * MINUTE_MS))
      },
    }),
    defineAction({
      name: 'slackunmutechannel',
      model: 'plugins',
      description: 'Post to a channel again',
      params: [channel],
      async run({ params }) {
        const { id, name } = channelOf(deliverer(), params['slack/channel'])
        return { Muted: name, Changed: await deliverer().mutes.unmute(['channel', id]) }
      },
    }),
  ]
}

function until(name: string, untilMs: number) {
  return { Muted: name, Until: new Date(untilMs).toISOString() }
}

function machineOf({ Uuid, Name }: Readonly<Record<string, unknown>>): {
  readonly uuid: string
  readonly name: string
} {
  if (typeof Uuid !== 'string' || Uuid === '') throw new PowerbusError('REQUEST_INVALID', 'the machine has no Uuid')
  return { uuid: Uuid, name: typeof Name === 'string' && Name !== '' ? Name : Uuid }
}

function channelOf(deliverer: Deliverer, wanted: string): { readonly id: string; readonly name: string } {
  const found = deliverer.find(wanted)
  if (found) return { id: found.id, name: wanted }
  const text = `the bot posts to no channel ${JSON.stringify(wanted)}: slack/channels and slack/routes name its channels`
  throw new PowerbusError('OBJECT_UNKNOWN', text)
}
