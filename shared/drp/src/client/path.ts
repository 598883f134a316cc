/**
 * A path below the API's base. A slash in a param's name stays (§5), and so does the colon of `Name:NAME`. Throws
 * RangeError for an empty part, `.` and `..`.
 */
export function apiPath(...parts: readonly string[]): string {
  return parts
    .flatMap((part) => part.split('/'))
    .map(segment)
    .join('/')
}

/** Kinds whose keys have slashes, which stay in the path as they are. */
const slashed: ReadonlySet<string> = new Set(['params', 'files'])

/** Checks the key of an object of a kind: one part of a path, but for kinds whose keys have slashes. Throws RangeError. */
export function keySegment(key: string, kind = ''): string {
  if (!slashed.has(kind) && key.includes('/'))
    throw new RangeError(`A key must not have a slash: ${JSON.stringify(key)}`)
  return key
}

/** Refuses empty parts and dots, which would address another object. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`Not a part of a path: ${JSON.stringify(text)}`)
  return encodeURIComponent(text).replaceAll('%3A', ':')
}
