// Stands at the head of every bundled executable: see bundle.mjs.

/**
 * @typedef {object} ChunkMap
 * @property {string} name such as `/HASH.js`; empty for a chunk that stands in the executable as it is
 * @property {number} firstLine of the chunk in its file, from 1
 * @property {import('node:module').SourceMapPayload} map
 * @property {import('node:module').SourceMap} [read]
 */

/**
 * Stacks of errors name our source files and lines: frames in the bundle `file` are looked up in its source maps, which
 * are unpacked when the first stack is read.
 * @param {NodeJS.Require} nodeRequire
 * @param {string} file
 * @param {() => string | undefined} readMaps JSON of the chunk maps; undefined where they are not in the file
 */
module.exports = function nameSources(nodeRequire, file, readMaps) {
  /** @type {ChunkMap[] | undefined} */
  let maps

  Error.prepareStackTrace = (error, sites) => {
    const head = Error.prototype.toString.call(error)
    return sites.length === 0 ? head : `${head}\n    at ${sites.map(frame).join('\n    at ')}`
  }

  /** @param {NodeJS.CallSite} site */
  function frame(site) {
    const text = String(site)
    const name = site.getFileName()
    const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0]
    const isPack = /^pack-[0-9a-f]{16}\.js$/.test(name ?? '')
    if (!name || !(isPack || name.startsWith(file)) || line === 0) return text
    const source = sourceOf(isPack ? `/${name}` : name.slice(file.length), line, column)
    if (source !== undefined) return text.replace(`${name}:${line}:${column}`, source)
    return isPack ? text.replace(name, `${file}/${name}`) : text
  }

  /**
   * @param {string} name
   * @param {number} line
   * @param {number} column
   */
  function sourceOf(name, line, column) {
    maps ??= unpack()
    const chunk = maps.findLast((found) => found.name === name && found.firstLine <= line)
    if (chunk === undefined) return undefined
    const map = chunk.read ?? new (nodeRequire('node:module').SourceMap)(chunk.map)
    chunk.read = map
    const entry = map.findEntry(line - chunk.firstLine, column - 1)
    if (!('originalSource' in entry) || !entry.originalSource) return undefined
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  }

  /** @returns {ChunkMap[]} */
  function unpack() {
    try {
      return JSON.parse(readMaps() ?? '[]')
    } catch {
      // The executable was removed or replaced since it was started. Its stacks are then shown as they are.
      return []
    }
  }
}
