// Stands at the head of every bundled executable: see bundle.mjs.

/** @typedef {{ name: string, chunks: string[], fromEnd: number, length: number }} Pack */

/**
 * A require() for the bundle in `file`: chunks come from its packs, or from the comments at its end; all else from Node.
 * `textOf` gives the text of such a comment by its name.
 * @param {NodeJS.Require} nodeRequire
 * @param {string} file
 * @param {Pack[]} packs
 * @param {string} versions process.versions of the Node that made the packs' code caches, as JSON; empty without them
 */
module.exports = function makeRequire(nodeRequire, file, packs, versions) {
  /** @type {Map<string, { exports: Record<string, unknown> }>} */
  const loaded = new Map()
  /** @type {Map<string, string> | undefined} */
  let packed

  /** @param {string} name */
  function bundleRequire(name) {
    if (!name.startsWith('./')) return nodeRequire(name)
    const present = loaded.get(name)
    if (present) return present.exports
    const pack = packs.find(({ chunks }) => chunks.includes(name))
    if (pack) runPack(pack)
    else run(unpack(name), name)
    return loaded.get(name)?.exports
  }

  /**
   * @param {Function} chunk
   * @param {string} name
   */
  function run(chunk, name) {
    const module = { exports: {} }
    loaded.set(name, module)
    chunk.call(module.exports, bundleRequire, module, module.exports, file, nodeRequire('node:path').dirname(file))
    spreadDefault(module.exports)
    return module.exports
  }

  /** Runs all chunks of the pack. @param {Pack} pack */
  function runPack(pack) {
    const line = lineOf(pack)
    const end = line.indexOf(' ')
    const code = JSON.parse(line.slice(end + 1))
    const isSameNode = end > 0 && versions === JSON.stringify(process.versions)
    const { Script } = nodeRequire('node:vm')
    const script = new Script(`(function(require,module,exports,__filename,__dirname){\n${code}\n})`, {
      // Without the executable's path: V8 takes the name from the cache, and the executable may have been copied.
      filename: `${pack.name}.js`,
      // V8 refuses what is not of its own version and flags, and compiles the code then.
      cachedData: isSameNode ? Buffer.from(line.slice(0, end), 'base64') : undefined,
    })
    for (const [name, exports] of Object.entries(run(script.runInThisContext(), pack.name))) {
      spreadDefault(exports)
      loaded.set(name, { exports })
    }
  }

  /**
   * The pack's comment, by its distance from the end: the file is 1.7 MB long.
   * @param {Pack} pack
   */
  function lineOf({ name, fromEnd, length }) {
    const fs = nodeRequire('node:fs')
    const descriptor = fs.openSync(file, 'r')
    const line = Buffer.alloc(length)
    fs.readSync(descriptor, line, 0, length, fs.fstatSync(descriptor).size - fromEnd)
    fs.closeSync(descriptor)
    const start = `//@${name} `
    if (!line.toString('latin1', 0, start.length).startsWith(start))
      throw new Error(`${file} was changed while it ran: start it again`)
    return line.toString('latin1', start.length, length - 1)
  }

  /**
   * @param {string} name
   * @returns {Function}
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
    // Names are looked at without their getters.
    if (Object.keys(exports).some((name) => name !== 'default')) return
    const { default: whole } = exports
    if (whole === null || (typeof whole !== 'object' && typeof whole !== 'function')) return
    for (const name of Object.keys(whole)) {
      if (name === 'default') continue
      Object.defineProperty(exports, name, { enumerable: true, get: () => Reflect.get(whole, name) })
    }
  }

  return { bundleRequire, textOf }
}
