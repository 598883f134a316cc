import { bootVerbs, powerVerbs } from '@powerbus/plugin-sdk'
import type { EventFacts, Outcome } from './event-facts.ts'

export interface EventChoice {
  /** `TYPE.ACTION.KEY` as in plugin contract §5. */
  readonly pattern: string
  /** Only with one of these outcomes; absent: any but `started`. */
  readonly outcomes?: readonly Outcome[]
}

const commands = [...Object.keys(powerVerbs), ...Object.keys(bootVerbs)].filter((name) => name !== 'powerstatus')

/** What is told where `slack/events` is not set. */
export const defaultEvents: readonly EventChoice[] = [
  { pattern: `machines.${commands.join(',')}.*`, outcomes: ['done', 'failed'] },
  { pattern: 'machines.create,delete.*' },
  { pattern: 'jobs.*.*', outcomes: ['failed'] },
  { pattern: 'plugins.*.*', outcomes: ['failed'] },
]

export function hasOutcome({ outcomes }: EventChoice, { outcome }: EventFacts): boolean {
  return outcomes ? outcomes.includes(outcome) : outcome !== 'started'
}
