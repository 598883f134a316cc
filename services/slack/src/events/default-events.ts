import { parseEventPattern } from '@powerbus/drp'
import { bootVerbs, powerVerbs } from '@powerbus/plugin-sdk'
import { eventMatch, type RawMatch } from '../routing/event-match.ts'

const commands = [...Object.keys(powerVerbs), ...Object.keys(bootVerbs)].filter((name) => name !== 'powerstatus')

const choices: readonly (readonly [string, RawMatch])[] = [
  [`machines.${commands.join(',')}.*`, { outcome: 'done' }],
  [`machines.${commands.join(',')}.*`, { outcome: 'failed' }],
  ['machines.create,delete.*', {}],
  ['jobs.*.*', { outcome: 'failed' }],
  ['plugins.*.*', { outcome: 'failed' }],
]

/** The default of `slack/events`. */
export const defaultEvents = choices.map(([pattern, match]) => eventMatch(match, [parseEventPattern(pattern)]))
