#!/usr/bin/env node
// Bundles one executable: node tooling/bundle.mjs ENTRY OUTPUT [LISTS [WARM-UP [SOURCES...]]]. One CommonJS file without
// extension, which Node runs as such from any folder. What a dynamic import() names stands at its end as compressed
// comments, neither parsed nor compiled before a command asks for it. What the program needs at once is one pack (see
// packs.mjs), and what the import()s of each SOURCES (files with commas between them) need is another.
// WARM-UP is a run of code-caches.mjs, whose code caches then stand beside the packs: `define` takes 1.3 times as long as
// an empty Node with its cache, 1.45 times without (Node 20.20). Comments have the source maps, for stacks
// (stack-sources.cjs). Below the folder LISTS stand the licences and the SBOM of what is bundled (bundle-lists.mjs); a
// package that may not be bundled fails the build.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, transform } from 'esbuild'
import { writeBundleLists } from './bundle-lists.mjs'
import { bundledPackages } from './bundled-packages.mjs'
import { codeCachesOf } from './code-caches.mjs'
import { sourceOptions } from './esbuild-options.mjs'
import { oneCopyPlugin } from './one-copy.mjs'
import { chunkOf, closureOf, disjoint, mergedPack } from './packs.mjs'
import { ownMap } from './source-maps.mjs'

/** Node shows the whole line in which an uncaught error was thrown. */
const LINE_CHARACTERS = 300

const [entry, output, lists, warmUp, ...groups] = process.argv.slice(2)
if (!entry || !output) {
  console.error('usage: bundle.mjs ENTRY OUTPUT [LISTS [WARM-UP [SOURCES...]]]')
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const minify = /** @type {const} */ ({ minifyWhitespace: true, minifySyntax: true, lineLimit: LINE_CHARACTERS })

const { outputFiles, metafile } = await build({
  ...sourceOptions,
  plugins: [oneCopyPlugin, ...sourceOptions.plugins],
  ...minify,
  entryPoints: [{ in: entry, out: 'main' }],
  outdir: 'bundle',
  write: false,
  metafile: true,
  splitting: true,
  chunkNames: '[hash]',
  define: { POWERBUS_VERSION: JSON.stringify(`v${version}`) },
  legalComments: 'external',
  sourcemap: 'inline',
  sourcesContent: false,
})

// Throws where a package may not be bundled; nothing is written then.
const packages = lists ? bundledPackages(metafile, process.cwd()) : []

/**
 * The chunk as CommonJS, without its `#!` line, and its source map.
 * @param {{ path: string, text: string }} chunk
 */
async function toCommonJs({ text, path }) {
  const { code, map } = await transform(text.replace(/^#!.*/, ''), {
    ...minify,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: path,
  })
  return { code: code.trimEnd(), map: ownMap(map, dirname(path)) }
}

/** @param {string} text */
function packed(text) {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).toString('base64')
}

/** Text of a file that stands at the head of the bundle, as an expression. @param {string} name */
async function headPart(name) {
  const { code } = await transform(readFileSync(new URL(name, import.meta.url), 'utf8'), minify)
  return `(function(module){${code.trim()}\nreturn module.exports})({})`
}

/** Chunks that the program needs at once, and those that the groups of sources need: each a pack. */
const mainNames = closureOf(metafile, ['main.js'])
const packNames = [
  mainNames,
  ...disjoint(
    groups.map((group) => {
      const roots = group.split(',').map((source) => chunkOf(metafile, source))
      return closureOf(metafile, roots, mainNames)
    }),
  ),
]
const esm = outputFiles
  .filter(({ path }) => path.endsWith('.js'))
  .map(({ path, text }) => ({ path, name: basename(path), text }))
const folder = dirname(esm[0]?.path ?? '')
const packs = await Promise.all(
  packNames.map(async (names) => {
    const chunks = esm.filter(({ name }) => names.has(name))
    const { code, map } = await mergedPack(chunks, folder, minify)
    return {
      name: `pack-${hashOf(code)}`,
      chunks: [...names].map((name) => `./${name}`),
      code,
      map: ownMap(map, folder),
    }
  }),
)
const late = esm.filter(({ name }) => !packNames.some((names) => names.has(name)))
const chunks = await Promise.all(late.map(async (chunk) => ({ name: chunk.name, ...(await toCommonJs(chunk)) })))
/** @type {(readonly [name: string, chunkMap: import('./stack-sources.cjs').ChunkMap])[]} */
const maps = [
  // The loader puts the function around it into a line of its own.
  ...packs.map(({ name, map }) => /** @type {const} */ ([`/${name}.js`, { firstLine: 2, map }])),
  ...chunks.map(({ name, map }) => /** @type {const} */ ([`/${name}`, { firstLine: 1, map }])),
]
// Named after what they belong to, so that those of another build are never used.
const mapsName = `maps-${hashOf(JSON.stringify([packs, chunks]))}`
const comments = chunks.map(({ name, code }) => `//@./${name} ${packed(code)}`)
for (const [name, chunkMap] of maps)
  if (chunkMap.map.sources.length > 0) comments.push(`//@${mapsName}${name} ${packed(JSON.stringify(chunkMap))}`)
const head = [await headPart('chunk-loader.cjs'), await headPart('stack-sources.cjs')]

/** @param {string} text */
function hashOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/**
 * Text of the executable. Packs stand last, so that the loader reads them alone, by their distance from the end.
 * @param {ReadonlyMap<string, Buffer>} codeCaches by name of the pack
 */
function textWith(codeCaches) {
  const lines = packs.map(({ name, code }) => {
    const cache = codeCaches.get(name)?.toString('base64') ?? ''
    // Neither is compressed: to unpack them would take longer than to read them.
    return `//@${name} ${cache} ${JSON.stringify(code)}\n`
  })
  const table = packs.map(({ name, chunks }, at) => {
    const fromEnd = lines.slice(at).reduce((sum, { length }) => sum + length, 0)
    return { name, chunks, fromEnd, length: lines[at]?.length ?? 0 }
  })
  const versions = codeCaches.size > 0 ? JSON.stringify(process.versions) : ''
  return `#!/usr/bin/env node
(function(loader,nameSources){const{bundleRequire,textOf}=loader(require,__filename,${JSON.stringify(table)},${JSON.stringify(versions)});\
nameSources(require,__filename,(name)=>textOf("${mapsName}"+name));bundleRequire("./main.js")})(
${head.join(',\n')})
${comments.join('\n')}
${lines.join('')}`
}

mkdirSync(dirname(output), { recursive: true })
writeFileSync(output, textWith(new Map()), { mode: 0o755 })
if (warmUp) writeFileSync(output, textWith(await codeCachesOf(output, warmUp)))
// An earlier version wrote the licences there.
rmSync(`${output}.LEGAL.txt`, { force: true })
if (lists) {
  const legalComments = outputFiles.filter(({ path }) => path.endsWith('.LEGAL.txt')).map(({ text }) => text.trim())
  writeBundleLists(lists, basename(output), { version, packages, legalComments })
}
