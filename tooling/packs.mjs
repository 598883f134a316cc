// Packs of an executable: chunks that are needed together, merged into one scope and compiled at once. Between chunks
// esbuild's exports are getters, which a sweep calls hundreds of thousands of times; in one scope they are variables.
import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** @typedef {{ name: string, text: string }} EsmChunk */

/**
 * Names of the chunks that the static imports of `roots` reach, without those in `taken`.
 * @param {import('esbuild').Metafile} metafile
 * @param {readonly string[]} roots names of chunks
 * @param {ReadonlySet<string>} [taken]
 */
export function closureOf(metafile, roots, taken = new Set()) {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const found = new Set(roots)
  for (const name of found) {
    for (const { kind, path, external } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement' && !external) found.add(basename(path))
    }
  }
  for (const name of taken) found.delete(name)
  return found
}

/**
 * The sets without what several have, and first a set of that. Without those that are empty.
 * @param {readonly ReadonlySet<string>[]} sets
 */
export function disjoint(sets) {
  const isShared = (/** @type {string} */ name) => sets.filter((set) => set.has(name)).length > 1
  const own = sets.map((set) => new Set([...set].filter((name) => !isShared(name))))
  const shared = new Set(sets.flatMap((set) => [...set]).filter(isShared))
  return [shared, ...own].filter(({ size }) => size > 0)
}

/**
 * Name of the chunk of a source file that import() names. Throws where there is none.
 * @param {import('esbuild').Metafile} metafile
 * @param {string} source as the metafile has it
 */
export function chunkOf(metafile, source) {
  const [path] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? []
  if (path === undefined) throw new Error(`no import() names ${source}`)
  return basename(path)
}

/**
 * The chunks as one CommonJS module, whose exports are the chunks by name, such as `./X.js`, and its source map.
 * @param {readonly EsmChunk[]} chunks of esbuild, with their source maps inline
 * @param {string} folder that their source maps are relative to
 * @param {import('esbuild').BuildOptions} options
 */
export async function mergedPack(chunks, folder, options) {
  const texts = new Map(chunks.map(({ name, text }) => [join(folder, name), text.replace(/^#!.*/, '')]))
  const entry = chunks.map(
    ({ name }) => `export * as ${JSON.stringify(`./${name}`)} from ${JSON.stringify(`./${name}`)}`,
  )
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: entry.join('\n'), resolveDir: folder, sourcefile: 'pack.js' },
    outfile: `${folder}/pack.js`,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [
      {
        name: 'chunks',
        setup(builder) {
          // A chunk that import() names is taken from the loader, in this pack or not.
          builder.onResolve({ filter: /.*/ }, ({ path, kind }) => {
            const isInside = kind !== 'dynamic-import' && texts.has(join(folder, path))
            return isInside ? { path: join(folder, path) } : { path, external: true }
          })
          builder.onLoad({ filter: /.*/ }, ({ path }) => ({
            contents: texts.get(path) ?? '',
            resolveDir: folder,
            loader: 'js',
          }))
        },
      },
    ],
  })
  const [map, code] = ['.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text)
  if (code === undefined || map === undefined) throw new Error('esbuild wrote no pack')
  return { code: code.trimEnd(), map }
}
