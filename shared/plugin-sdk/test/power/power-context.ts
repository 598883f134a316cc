import type { PowerParamValues } from '../../src/power/params.ts'
import type { PowerContext } from '../../src/power/power-engine.ts'

export const powerDefaults: PowerParamValues = {
  'power/timeout': 60,
  'power/soft-timeout': 600,
  'power/force-after-soft': false,
  'power/resend': false,
  'power/protected': false,
  'power/dry-run': false,
}

/** A context as an action gets it, with no deadline of its own. */
export function powerContext(
  command: string,
  params: Partial<PowerParamValues> = {},
  signal: AbortSignal = new AbortController().signal,
): PowerContext {
  return {
    command,
    requestId: `request-of-${command}`,
    signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    params: { ...powerDefaults, ...params },
  }
}
