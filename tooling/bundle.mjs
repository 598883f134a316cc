#!/usr/bin/env node
// Bundles one executable: node tooling/bundle.mjs ENTRY OUTPUT [LISTS]. One CommonJS file without extension, which Node
// runs as such from any folder. What a dynamic import() names stands at the end of that file as compressed comments,
// neither parsed nor compiled before a command asks for it: with fastify, undici and yaml bundled (2.5 MB), a command
// that needs none of them starts in about 15 ms more than an empty Node, and in 60 ms more from one plain file (Node
// 20.20). The last comment has the source maps, for stacks (stack-sources.cjs). Below the folder LISTS stand the licences
// and the SBOM of what is bundled (bundle-lists.mjs); a package that may not be bundled fails the build.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, transform } from 'esbuild'
import { writeBundleLists } from './bundle-lists.mjs'
import { bundledPackages } from './bundled-packages.mjs'
import { sourceOptions } from './esbuild-options.mjs'
import { ownMap } from './source-maps.mjs'

/** Node shows the whole line in which an uncaught error was thrown. */
const LINE_CHARACTERS = 300

const [entry, output, lists] = process.argv.slice(2)
if (!entry || !output) {
  console.error('usage: bundle.mjs ENTRY OUTPUT [LISTS]')
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const minify = /** @type {const} */ ({ minifyWhitespace: true, minifySyntax: true, lineLimit: LINE_CHARACTERS })

const { outputFiles, metafile } = await build({
  ...sourceOptions,
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
 * @param {import('esbuild').OutputFile} chunk
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

/** Chunks that the program needs at once, by its static imports: they stand in the file as they are. */
const eager = new Set(['main.js'])
for (const name of eager) {
  const output = Object.entries(metafile.outputs).find(([path]) => basename(path) === name)?.[1]
  for (const { kind, path, external } of output?.imports ?? []) {
    if (kind === 'import-statement' && !external) eager.add(basename(path))
  }
}
const chunks = await Promise.all(
  outputFiles
    .filter(({ path }) => path.endsWith('.js'))
    .map(async (chunk) => ({ name: basename(chunk.path), ...(await toCommonJs(chunk)) })),
)
/** @type {import('./stack-sources.cjs').ChunkMap[]} */
const maps = []
const comments = []
// Named after what they belong to, so that those of another build are never used.
const mapsName = `maps-${createHash('sha256').update(JSON.stringify(chunks)).digest('hex').slice(0, 16)}`
let program = `#!/usr/bin/env node
(function(loader,nameSources,chunks){const{bundleRequire,textOf}=loader(require,__filename,chunks);\
nameSources(require,__filename,()=>textOf("${mapsName}"));bundleRequire("./main.js")})(
${await headPart('chunk-loader.cjs')},
${await headPart('stack-sources.cjs')},
{`
for (const { name, code, map } of chunks) {
  if (eager.has(name)) {
    program += `"./${name}":function(require,module,exports){\n`
    maps.push({ name: '', firstLine: program.split('\n').length, map })
    program += `${code}\n},\n`
  } else {
    maps.push({ name: `/${name}`, firstLine: 1, map })
    comments.push(`//@./${name} ${packed(code)}`)
  }
}
comments.push(`//@${mapsName} ${packed(JSON.stringify(maps))}`)
mkdirSync(dirname(output), { recursive: true })
writeFileSync(output, `${program}})\n${comments.join('\n')}\n`, { mode: 0o755 })
// An earlier version wrote the licences there.
rmSync(`${output}.LEGAL.txt`, { force: true })
if (lists) {
  const legalComments = outputFiles.filter(({ path }) => path.endsWith('.LEGAL.txt')).map(({ text }) => text.trim())
  writeBundleLists(lists, basename(output), { version, packages, legalComments })
}
