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

/** Checks an object's key, which must be one part of a path. Throws RangeError if it has a slash. */
export function keySegment(key: string): string {
  if (key.includes('/')) throw new RangeError(`A key must not have a slash: ${JSON.stringify(key)}`)
  return key
}

/** Refuses empty parts and dots, which would address another object. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`Not a part of a path: ${JSON.stringify(text)}`)
  return encodeURIComponent(text).replaceAll('%3A', ':')
}
