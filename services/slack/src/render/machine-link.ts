/** Address of a machine's page, or undefined where there is none. */
export type MachineLink = (machine: { readonly uuid: string; readonly name: string }) => string | undefined

const ONLY_HERE = /^(?:localhost|127\.[0-9.]+|\[::1\]|\[::\]|0\.0\.0\.0)$/i

/**
 * By `slack/machine-url`, with `{uuid}` and `{name}` in it, or else by the endpoint's page; an address that only this host can
 * reach is no link for anybody.
 */
export function machineLink(template: string | undefined, endpointUrl: string): MachineLink {
  const page = template ?? endpointPage(endpointUrl)
  if (page === undefined) return () => undefined
  return ({ uuid, name }) =>
    page.replaceAll('{uuid}', encodeURIComponent(uuid)).replaceAll('{name}', encodeURIComponent(name))
}

function endpointPage(endpointUrl: string): string | undefined {
  if (!URL.canParse(endpointUrl)) return undefined
  const { hostname, origin } = new URL(endpointUrl)
  return ONLY_HERE.test(hostname) ? undefined : `${origin}/ui/#/machines/{uuid}`
}
