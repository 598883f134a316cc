import { randomUUID } from 'node:crypto'
import type { DrpEvent, LogLine } from '@powerbus/drp'

/** Type of the events that carry log lines. Only admins see them, on the event stream alone, never on the bus. */
export const LOG_TYPE = 'log'

/** The event `log.LEVEL.SERVICE`; undefined for a line that must not become one. */
export function logEvent(line: LogLine): DrpEvent | undefined {
  if (line.IgnorePublish) return undefined
  return {
    Id: randomUUID(),
    Time: line.Time,
    Type: LOG_TYPE,
    Action: line.Level,
    Key: line.Service,
    Principal: line.Principal,
    Object: line,
    Original: null,
  }
}
