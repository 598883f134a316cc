/** Meta of a param: how pages show it. `link`: its value stands in the list of machines. */
export function look(icon: string, render?: 'link'): Readonly<Record<string, string>> {
  return { icon, color: 'blue', title: 'Powerbus', ...(render && { render }) }
}

/** Icons that several params have. */
export const icons = { server: 'server', card: 'address card outline', port: 'bullseye' } as const
