// Bundles test files, and the programs that they start, for plain Node: loading TypeScript file by file costs each
// process 1 to 2 s of CPU, a bundle 0.3 s.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { sourceOptions } from './esbuild-options.mjs'
import { asked, oneCopyPlugin } from './one-copy.mjs'
import { root } from './step.mjs'

const { version: tapVersion } = JSON.parse(readFileSync(join(root, 'node_modules/tap/package.json'), 'utf8'))
const domainFile = join(root, 'tooling/error-domain.mjs')
const domainHash = createHash('sha256').update(readFileSync(domainFile)).digest('hex').slice(0, 8)
/** Named as a package, so that tap leaves its own frames out of the stacks that it shows. */
const tapFile = join(root, `node_modules/.cache/powerbus/tap-${tapVersion}-${domainHash}/node_modules/tap/index.mjs`)

/** Bundled CommonJS packages ask for Node's own modules by require(). */
const banner = {
  js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
}

/** tap is the same for every run: bundled once, it loads in half the time. */
async function bundleTap() {
  if (existsSync(tapFile)) return
  const entry = join(root, 'node_modules/tap/dist/esm/index.js')
  const alias = { 'async-hook-domain': domainFile }
  await build({ ...sourceOptions, entryPoints: [entry], outfile: tapFile, banner, alias })
}

/**
 * What `import.meta` says is the source file, not the bundle.
 * @param {(path: string, text: string) => string} change of a source's text, for mutants
 * @returns {import('esbuild').Plugin}
 */
function sourcePlugin(change) {
  return {
    name: 'source',
    setup(builder) {
      builder.onResolve({ filter: /^tap$/ }, () => ({ path: tapFile, external: true }))
      // Bundled, a CommonJS package has no named exports for import().
      builder.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === asked) return undefined
        const found = await builder.resolve(path, { kind, resolveDir, pluginData: asked })
        return found.path.includes('/node_modules/') ? { path: found.path, external: true } : undefined
      })
      builder.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
        if (path.includes('/node_modules/')) return undefined
        const contents = change(path, readFileSync(path, 'utf8'))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
          .replaceAll('import.meta.filename', JSON.stringify(path))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' }
      })
    },
  }
}

/**
 * Bundles `files` (from the root) into `folder`, each under its own path with `.js` at its end, and what they share into
 * chunks. Packages are bundled too, but for esbuild itself.
 * @param {readonly string[]} files
 * @param {string} folder
 * @param {{ change?: (path: string, text: string) => string, logLevel?: 'warning' | 'silent' }} [options]
 */
export async function bundleTests(files, folder, { change = (_path, text) => text, logLevel = 'warning' } = {}) {
  await bundleTap()
  return await build({
    ...sourceOptions,
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: folder,
    outbase: root,
    chunkNames: 'chunks/[hash]',
    splitting: true,
    sourcemap: 'linked',
    sourcesContent: false,
    external: ['esbuild'],
    metafile: true,
    banner,
    logLevel,
    plugins: [...sourceOptions.plugins, sourcePlugin(change), oneCopyPlugin],
  })
}

/** Whether any of the bundled tests starts an executable of the build. @param {import('esbuild').BuildResult<{ metafile: true }>} result */
export function startExecutables({ metafile }) {
  return Object.values(metafile.outputs).some(({ inputs }) => 'shared/testkit/src/built-executable.ts' in inputs)
}

/** Path of the bundle of `file` in `folder`. @param {string} folder @param {string} file from the root */
export function bundleOf(folder, file) {
  return join(folder, relative(root, join(root, file)).replace(/\.ts$/, '.js'))
}
