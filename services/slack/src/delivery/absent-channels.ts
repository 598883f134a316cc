import type { Routing } from '../routing/route-event.ts'
import { type Channel, findChannel } from '../slack/directory.ts'

/** A channel as an operator wrote it, and the param and the place in it. */
export interface NamedChannel {
  readonly name: string
  readonly at: string
}

/** The channels that are named and that the bot is not in, each by the first place that names it. */
export function absentChannels(routing: Routing, present: readonly Channel[]): readonly NamedChannel[] {
  return namedChannels(routing).filter(({ name }) => !findChannel(present, name))
}

/** Whether anything can be posted, or nothing is to be. */
export function hasSomewhere(routing: Routing, present: readonly Channel[]): boolean {
  if (!routing.channels) return present.length > 0
  const named = namedChannels(routing)
  return named.length === 0 || named.some(({ name }) => findChannel(present, name))
}

function namedChannels({ channels = [], routes }: Routing): readonly NamedChannel[] {
  const named = [
    ...channels.map((name, index) => ({ name, at: `slack/channels[${index}]` })),
    ...routes.flatMap((route, index) =>
      (route.channels ?? []).map((name) => ({ name, at: `slack/routes[${index}].channel` })),
    ),
  ]
  const first = new Map(named.toReversed().map((channel) => [channel.name, channel]))
  return [...first.values()].toReversed()
}
