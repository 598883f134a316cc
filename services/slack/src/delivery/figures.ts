/** Counted since the process started: name and help of each metric. */
export const counters = {
  accepted: ['events_accepted', 'Events taken into the outbox, counted per channel'],
  repeated: ['events_repeated', 'Repeated events that were dropped'],
  dropped: ['events_dropped', 'Events dropped because their channel is parked or unknown and too many wait'],
  muted: ['events_muted', 'Events dropped because their machine or channel is muted'],
  posted: ['messages_posted', 'Messages posted'],
  edited: ['messages_edited', 'Edits of messages'],
  found: ['messages_found', 'Posted messages whose answer was lost, found by a look-up'],
  plain: ['messages_plain', 'Messages sent as text because Slack refused their blocks'],
  parked: ['messages_parked', 'Messages that Slack has refused'],
  limited: ['calls_limited', 'Calls that Slack answered with 429'],
  failed: ['calls_failed', 'Calls that failed otherwise'],
} as const

export type Figures = Record<keyof typeof counters, number>

export function zeroFigures(): Figures {
  return Object.fromEntries(Object.keys(counters).map((name) => [name, 0])) as Figures
}
