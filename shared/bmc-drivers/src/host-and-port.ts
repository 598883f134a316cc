/** `ADDRESS:PORT` in lower case, with brackets around an IPv6 address. */
export function hostAndPort({ address, port }: { readonly address: string; readonly port: number }): string {
  const host = address.toLowerCase()
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
