/** Address of a machine's page, or undefined where there is none. */
export type MachineLink = (machine: { readonly uuid: string; readonly name: string }) => string | undefined

/** By `slack/machine-url`, with `{uuid}` and `{name}` in it. No endpoint is known to have such a page by itself, so without it there is no link. */
export function machineLink(template: string | undefined): MachineLink {
  if (template === undefined) return () => undefined
  return ({ uuid, name }) =>
    template.replaceAll('{uuid}', encodeURIComponent(uuid)).replaceAll('{name}', encodeURIComponent(name))
}
