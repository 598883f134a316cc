const LONGEST = 200

/**
 * The machine name of a VM: letters, digits, dots and dashes, at most 200. Accents are dropped, and other characters
 * become one dash. An empty result becomes `vm-` and the first 8 digits of the VM's UUID.
 */
export function machineNameFor({ name, id }: { readonly name: string; readonly id: string }): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^[-.]+|[-.]+$/g, '')
  return plain === '' ? `vm-${shortId(id)}` : plain
}

/** The name for a VM whose first name is taken. */
export function otherMachineName(name: string, id: string): string {
  return `${name}-${shortId(id)}`
}

function shortId(id: string): string {
  return id.slice(0, 8).toLowerCase()
}
