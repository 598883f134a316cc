import { DecodeError, type EventPattern, parseEventPattern } from '@powerbus/drp'
import { invalid } from './invalid.ts'

/** Throws PARAM_INVALID that names the place. */
export function readPattern(pattern: string, at: string): EventPattern {
  try {
    return parseEventPattern(pattern)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw invalid(at, pattern, 'TYPE.ACTION.KEY, each part * or a comma-separated list')
  }
}
