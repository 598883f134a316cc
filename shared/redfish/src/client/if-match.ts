/** What to do after an answer of 412 or 428: read the ETag anew, send with this If-Match, or give up. */
export type IfMatchStep = 'read' | 'give-up' | { readonly ifMatch: string | undefined }

/**
 * The ladder of If-Match. `tried` are the values sent so far, undefined for none; `read` is the ETag that a GET gave
 * after the last refusal, null where none was made. A weak tag goes again as a strong one, a strong one after a new
 * GET, and the last attempt has none; a BMC that wants any header gets the tag of a GET, or `*` if it has none.
 */
export function nextIfMatch(
  status: number,
  tried: readonly (string | undefined)[],
  read: string | undefined | null,
  wantsAny: boolean,
): IfMatchStep {
  const last = tried.at(-1)
  const untried = (ifMatch: string | undefined) => !tried.includes(ifMatch)
  if (wantsAny && untried('*')) return { ifMatch: '*' }
  if (last?.startsWith('W/')) {
    const strong = last.slice(2)
    if (untried(strong)) return { ifMatch: strong }
  }
  const wasWeak = tried.some((tag) => tag?.startsWith('W/'))
  if (read === null && !wasWeak) return 'read'
  if (read !== null && read !== undefined && untried(read)) return { ifMatch: read }
  if (status === 428) return untried('*') ? { ifMatch: '*' } : 'give-up'
  return untried(undefined) ? { ifMatch: undefined } : 'give-up'
}

/** The ETag to send, from the header of a GET or the body; undefined where neither can be used. */
export function etagOf(header: string | undefined, inBody: string | undefined): string | undefined {
  const fromHeader = header?.trim()
  // Some firmware wraps the header's tag in quotes twice; the body's is right.
  const twice = /^(W\/)?""(.+)""$/.exec(fromHeader ?? '')
  if (twice) return usable(inBody) ?? `${twice[1] ?? ''}"${twice[2]}"`
  return usable(fromHeader) ?? usable(inBody)
}

function usable(tag: string | undefined): string | undefined {
  const text = tag?.trim()
  return text === undefined || /^(W\/)?"?"?$/.test(text) || /[^\x21-\x7e ]/.test(text) ? undefined : text
}
