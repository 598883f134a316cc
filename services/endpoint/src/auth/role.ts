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

/** DRP's role that may do everything. */
export const SUPERUSER = 'superuser'

/** The role of that name, also by DRP's name for it; undefined where there is none. */
export function roleOfName(name: unknown): Role | undefined {
  if (name === SUPERUSER) return 'admin'
  return roles.find((role) => role === name)
}

/** The strongest of the named roles; undefined where none is known. */
export function strongest(names: readonly unknown[]): Role | undefined {
  return names.flatMap((name) => roleOfName(name) ?? []).sort((a, b) => (reaches(a, b) ? -1 : 1))[0]
}
