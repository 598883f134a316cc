// The source maps of a bundle's chunks, as stack-sources.cjs reads them.
import { join, relative } from 'node:path'
import { decode, encode } from '@jridgewell/sourcemap-codec'

const root = join(import.meta.dirname, '..')

/**
 * The map with paths from the root and with our own sources alone: positions in packages map to nothing, which makes it a
 * fifth as large.
 * @param {string} text of a source map
 * @param {string} folder that its sources are relative to
 */
export function ownMap(text, folder) {
  const { sources, mappings } = JSON.parse(text)
  /** @type {string[]} */
  const paths = sources.map((/** @type {string} */ source) => relative(root, join(folder, source)))
  const isOwn = (/** @type {number} */ index) => !/^\.\.|\bnode_modules\b|:/.test(paths[index] ?? ':')
  const kept = [...paths.keys()].filter(isOwn)
  const lines = decode(mappings).map((segments) => {
    /** @type {import('@jridgewell/sourcemap-codec').SourceMapLine} */
    const line = []
    for (const [column, source, originalLine, originalColumn] of segments) {
      if (source !== undefined && isOwn(source))
        line.push([column, kept.indexOf(source), originalLine ?? 0, originalColumn ?? 0])
      else if (line.at(-1)?.length !== 1) line.push([column])
    }
    return line
  })
  const own = kept.map((index) => paths[index] ?? '')
  return { version: 3, file: '', sourceRoot: '', sources: own, sourcesContent: [], names: [], mappings: encode(lines) }
}
