// Stands at the head of every bundled executable: see bundle.mjs.

/** @typedef {{ firstLine: number, map: import('node:module').SourceMapPayload }} ChunkMap first line of the chunk, from 1 */

/**
 * Stacks of errors name our source files and lines: frames in the bundle `file` are looked up in the source map of their
 * chunk, which is unpacked when the first of them is read. Node itself reads the stack of the error with which a socket is
 * destroyed, so that also a run without any failure reads stacks.
 * @param {NodeJS.Require} nodeRequire
 * @param {string} file
 * @param {(name: string) => string | undefined} readMap JSON of the chunk map of a name such as `/HASH.js`; undefined where
 *   it is not in the file
 */
module.exports = function nameSources(nodeRequire, file, readMap) {
  /** @type {Map<string, { firstLine: number, read: import('node:module').SourceMap } | undefined>} */
  const maps = new Map()

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
    if (!maps.has(name)) maps.set(name, unpack(name))
    const chunk = maps.get(name)
    if (chunk === undefined || line < chunk.firstLine) return undefined
    const entry = chunk.read.findEntry(line - chunk.firstLine, column - 1)
    if (!('originalSource' in entry) || !entry.originalSource) return undefined
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  }

  /** @param {string} name */
  function unpack(name) {
    try {
      const text = readMap(name)
      if (text === undefined) return undefined
      /** @type {ChunkMap} */
      const { firstLine, map } = JSON.parse(text)
      return { firstLine, read: new (nodeRequire('node:module').SourceMap)(map) }
    } catch {
      // The executable was removed or replaced since it was started. Its stacks are then shown as they are.
      return undefined
    }
  }
}
