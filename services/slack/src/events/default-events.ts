import { bootVerbs, powerVerbs } from '@powerbus/plugin-sdk'
import type { EventFacts, Outcome } from './event-facts.ts'

export interface EventChoice {
  /** `TYPE.ACTION.KEY` as in plugin contract §5. */
  readonly pattern: string
  /** Allowed outcomes; absent: any but `started`. */
  readonly outcomes?: readonly Outcome[]
}

const commands = [...Object.keys(powerVerbs), ...Object.keys(bootVerbs)].filter((name) => name !== 'powerstatus')

/** The default of `slack/events`. */
export const defaultEvents: readonly EventChoice[] = [
  { pattern: `machines.${commands.join(',')}.*`, outcomes: ['done', 'failed'] },
  { pattern: 'machines.create,delete.*' },
  { pattern: 'jobs.*.*', outcomes: ['failed'] },
  { pattern: 'plugins.*.*', outcomes: ['failed'] },
]

export function hasOutcome({ outcomes }: EventChoice, { outcome }: EventFacts): boolean {
  return outcomes ? outcomes.includes(outcome) : outcome !== 'started'
}
