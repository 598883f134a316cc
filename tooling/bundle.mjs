#!/usr/bin/env node
// Bundles one executable: node tooling/bundle.mjs ENTRY OUTPUT. One CommonJS file without extension, which Node runs as
// such from any folder. What a dynamic import() names stands at the end of that file as compressed comments, neither
// parsed nor compiled before a command asks for it: with fastify, undici and yaml bundled (2.5 MB), a command that needs
// none of them starts in about 15 ms more than an empty Node, and in 60 ms more from one plain file (Node 20.20).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, transform } from 'esbuild'
import { sourceOptions } from './esbuild-options.mjs'

const [entry, output] = process.argv.slice(2)
if (!entry || !output) {
  console.error('usage: bundle.mjs ENTRY OUTPUT')
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const minify = /** @type {const} */ ({ minifyWhitespace: true, minifySyntax: true })

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
})

/** @param {string} code */
async function toCommonJs(code) {
  const result = await transform(code, {
    ...minify,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
  })
  return result.code.replace(/^#!.*\n/, '').trimEnd()
}

/** Chunks that the program needs at once, by its static imports: they stand in the file as they are. */
const eager = new Set(['main.js'])
for (const name of eager) {
  const output = Object.entries(metafile.outputs).find(([path]) => basename(path) === name)?.[1]
  for (const { kind, path, external } of output?.imports ?? []) {
    if (kind === 'import-statement' && !external) eager.add(basename(path))
  }
}
const plain = []
const comments = []
const licences = []
for (const { path, text } of outputFiles) {
  const name = basename(path)
  if (name.endsWith('.LEGAL.txt')) licences.push(text)
  else if (eager.has(name)) plain.push(`"./${name}":function(require,module,exports){${await toCommonJs(text)}\n}`)
  else {
    const packed = brotliCompressSync(await toCommonJs(text), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
    comments.push(`//@./${name} ${packed.toString('base64')}`)
  }
}
const loader = await transform(readFileSync(new URL('chunk-loader.cjs', import.meta.url), 'utf8'), minify)
const makeRequire = `(function(module){${loader.code.trim()}\nreturn module.exports})({})`
const program = `#!/usr/bin/env node\n${makeRequire}(require,__filename,{${plain.join(',')}})("./main.js")\n`
mkdirSync(dirname(output), { recursive: true })
writeFileSync(output, `${program}${comments.join('\n')}\n`, { mode: 0o755 })
if (licences.length > 0) writeFileSync(`${output}.LEGAL.txt`, licences.join('\n'))
