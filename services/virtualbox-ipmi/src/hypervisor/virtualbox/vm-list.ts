import type { VmList, VmListing } from '../vm.ts'

const INACCESSIBLE = '<inaccessible>'
/** The end of an entry. A name is printed without escapes, and may hold quotes, braces and line breaks. */
const ENTRY_END = /^([\s\S]*)" \{([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}$/

/** Reads the output of `list vms`: entries `"NAME" {UUID}`. */
export function readVmList(text: string): VmList {
  const vms: VmListing[] = []
  const problems: string[] = []
  let open = ''
  for (const line of text.split(/\r?\n/)) {
    const whole = open === '' ? line : `${open}\n${line}`
    if (!whole.startsWith('"')) {
      if (line.trim() !== '') problems.push(`not a VM in the list: ${line.slice(0, 200)}`)
      continue
    }
    const entry = ENTRY_END.exec(whole)
    open = entry ? '' : whole
    const [, quoted = '', id = ''] = entry ?? []
    if (entry) vms.push({ id: id.toUpperCase(), name: nameOf(quoted.slice(1)) })
  }
  if (open.trim() !== '') problems.push(`a VM without a UUID in the list: ${open.slice(0, 200)}`)
  return { vms, problems }
}

export const isInaccessibleName = (name: string): boolean => name === INACCESSIBLE

const nameOf = (name: string) => (isInaccessibleName(name) ? '' : name)
