import { PowerbusError } from '@powerbus/plugin-sdk'

const LENGTH = { min: 8, max: 256 } as const
/** Digital Rebar's default, which everybody knows. */
const KNOWN = 'r0cketsk8ts'

/** Throws REQUEST_INVALID. */
export function checkPassword(password: string): void {
  const { length } = [...password]
  if (length < LENGTH.min || length > LENGTH.max) {
    throw new PowerbusError('REQUEST_INVALID', `Password has ${LENGTH.min} to ${LENGTH.max} characters`)
  }
  if (password === KNOWN) {
    throw new PowerbusError(
      'REQUEST_INVALID',
      "Password is Digital Rebar's default, which everybody knows: take another",
    )
  }
}
