import { PowerbusError } from '@powerbus/plugin-sdk'

/** As much of a refused value as an error repeats, in characters. */
const SHOWN = 60

/** PARAM_INVALID that names the param, the place inside it, what came and what belongs there. */
export function invalid(at: string, came: unknown, expected: string): PowerbusError {
  const text = JSON.stringify(came) ?? 'nothing'
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
  return new PowerbusError('PARAM_INVALID', `Param ${at} is invalid: got ${shown}, expected ${expected}`)
}
