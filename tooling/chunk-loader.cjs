// Stands at the head of every bundled executable: see bundle.mjs.

/** @typedef {(require: (name: string) => unknown, module: object, exports: object, file: string, folder: string) => void} Chunk */

/**
 * A require() for the bundle in `file`: chunks are those given, or come from the comments at its end; all else from Node.
 * `textOf` gives the text of such a comment by its name.
 * @param {NodeJS.Require} nodeRequire
 * @param {string} file
 * @param {Record<string, Chunk>} plain
 */
module.exports = function makeRequire(nodeRequire, file, plain) {
  /** @type {Map<string, { exports: Record<string, unknown> }>} */
  const loaded = new Map()
  /** @type {Map<string, string> | undefined} */
  let packed

  /** @param {string} name */
  function bundleRequire(name) {
    if (!name.startsWith('./')) return nodeRequire(name)
    const present = loaded.get(name)
    if (present) return present.exports
    const run = plain[name] ?? unpack(name)
    const chunk = { exports: {} }
    loaded.set(name, chunk)
    run.call(chunk.exports, bundleRequire, chunk, chunk.exports, file, nodeRequire('node:path').dirname(file))
    spreadDefault(chunk.exports)
    return chunk.exports
  }

  /**
   * @param {string} name
   * @returns {Chunk}
   */
  function unpack(name) {
    const code = textOf(name) ?? ''
    const parameters = ['require', 'module', 'exports', '__filename', '__dirname']
    return nodeRequire('node:vm').compileFunction(code, parameters, { filename: `${file}${name.slice(1)}` })
  }

  /**
   * @param {string} name
   * @returns {string | undefined}
   */
  function textOf(name) {
    packed ??= readChunks()
    const text = packed.get(name)
    return text && nodeRequire('node:zlib').brotliDecompressSync(Buffer.from(text, 'base64')).toString()
  }

  /** @returns {Map<string, string>} */
  function readChunks() {
    /** @type {string} */
    const text = nodeRequire('node:fs').readFileSync(file, 'latin1')
    const lines = text.split('\n//@').slice(1)
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]))
  }

  /**
   * import() of a CommonJS package gives its properties as names too, as Node's own does.
   * @param {Record<string, unknown>} exports
   */
  function spreadDefault(exports) {
    const { default: whole, ...others } = exports
    if (Object.keys(others).length > 0 || whole === null) return
    if (typeof whole !== 'object' && typeof whole !== 'function') return
    for (const name of Object.keys(whole)) {
      if (name === 'default') continue
      Object.defineProperty(exports, name, { enumerable: true, get: () => Reflect.get(whole, name) })
    }
  }

  return { bundleRequire, textOf }
}
