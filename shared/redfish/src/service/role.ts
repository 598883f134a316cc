/** Privileges of the standard. DSP0266 §13.3. */
export const PRIVILEGES = [
  'Login',
  'ConfigureManager',
  'ConfigureUsers',
  'ConfigureComponents',
  'ConfigureSelf',
] as const
export type Privilege = (typeof PRIVILEGES)[number]

/** The predefined roles; their privileges cannot be changed. DSP0266 §13.3.2. */
export const roles = {
  Administrator: PRIVILEGES,
  Operator: ['Login', 'ConfigureComponents', 'ConfigureSelf'],
  ReadOnly: ['Login', 'ConfigureSelf'],
} as const satisfies Record<string, readonly Privilege[]>

export type RoleId = keyof typeof roles

export function isRoleId(text: unknown): text is RoleId {
  return typeof text === 'string' && Object.hasOwn(roles, text)
}

export function hasPrivilege(role: RoleId, privilege: Privilege): boolean {
  return (roles[role] as readonly Privilege[]).includes(privilege)
}
