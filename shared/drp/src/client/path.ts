/** A path below the API's base. A slash inside a param's name stays as it is (§5); `Name:NAME` keeps its colon. */
export function apiPath(...parts: readonly string[]): string {
  return parts
    .flatMap((part) => part.split('/'))
    .map(segment)
    .join('/')
}

/** One part of a path that must stay one: an object's key. */
export function keySegment(key: string): string {
  if (key.includes('/')) throw new RangeError(`A key has no slash: ${JSON.stringify(key)}`)
  return key
}

/** An empty part or a dot would turn the request into one for another object. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..')
    throw new RangeError(`Not a part of a path: ${JSON.stringify(text)}`)
  return encodeURIComponent(text).replaceAll('%3A', ':')
}
