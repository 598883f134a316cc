const LONGEST = 200

/**
 * A machine's name for a VM: letters, digits, dots and dashes, which every endpoint takes. Accents are dropped, blanks and anything else
 * become one dash. A name that nothing is left of becomes `vm-` and the first 8 digits of the VM's UUID.
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

/** Another name for the same VM, where that one is taken. */
export function otherMachineName(name: string, id: string): string {
  return `${name}-${shortId(id)}`
}

function shortId(id: string): string {
  return id.slice(0, 8).toLowerCase()
}
