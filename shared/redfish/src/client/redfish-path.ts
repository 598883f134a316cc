/**
 * Path and query of a link, Location or path of the caller. Scheme and host are dropped, since BMCs name themselves by
 * addresses that only they know; the request goes to the BMC that the answer came from. Undefined unless it is a path.
 */
export function pathOf(link: string): string | undefined {
  const trimmed = link.trim()
  const local = /^https?:\/\//i.test(trimmed) ? trimmed.replace(/^https?:\/\/[^/?#]*/i, '') || '/' : trimmed
  const withoutFragment = local.replace(/#.*$/s, '')
  if (!/^\/(?!\/)/.test(withoutFragment)) return undefined
  // Ids with blanks and other characters that a request line cannot hold.
  return withoutFragment.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
}

/** The same path with a trailing slash where it has none, and without where it has one. */
export function otherSlash(path: string): string {
  const [, name = '', query = ''] = /^([^?]*)(.*)$/s.exec(path) ?? []
  if (name === '/') return path
  return name.endsWith('/') ? name.slice(0, -1) + query : `${name}/${query}`
}

export function hasSlash(path: string): boolean {
  return path.replace(/\?.*$/s, '').endsWith('/')
}

/** `/redfish/v1/Systems/1/` → `1`, decoded. */
export function lastPart(path: string): string {
  const part =
    path
      .replace(/[?#].*$/s, '')
      .replace(/\/+$/, '')
      .split('/')
      .pop() ?? ''
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
