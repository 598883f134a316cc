import { PowerbusError } from '@powerbus/plugin-sdk'

/** What a token may do, each with what the one before may: GET and stream; run actions; everything. */
export const roles = ['read', 'act', 'admin'] as const

export type Role = (typeof roles)[number]

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text)
}

/** Whether `role` may do what `needed` may. */
export function reaches(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

/** The weaker of two roles. */
export function weaker(a: Role, b: Role): Role {
  return reaches(a, b) ? b : a
}

/** Throws REQUEST_INVALID. */
export function parseRole(text: string): Role {
  if (isRole(text)) return text
  throw new PowerbusError('REQUEST_INVALID', `there is no role ${text.slice(0, 40)}: use ${roles.join(', ')}`)
}
