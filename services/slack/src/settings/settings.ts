import type { Templates } from '../render/templates.ts'
import type { Routing } from '../routing/route-event.ts'

/** The plugin's params as it works with them. */
export interface Settings {
  readonly routing: Routing
  readonly templates: Templates
  readonly threads: boolean
  /** Milliseconds; 0: each event is a message of its own. */
  readonly windowMs: number
  /** Milliseconds; 0: no digests. */
  readonly digestMs: number
  readonly paceMs: number
  readonly timeoutMs: number
}
