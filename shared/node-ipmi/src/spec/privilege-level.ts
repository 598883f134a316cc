/** Session privilege levels. §6.8. */
export const PrivilegeLevel = { callback: 1, user: 2, operator: 3, administrator: 4 } as const

export type PrivilegeName = keyof typeof PrivilegeLevel
