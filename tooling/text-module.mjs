// `FILE?text`: the text of a file of a package, put there when esbuild bundles; the type checker has text-module.d.ts.
import { readFile } from 'node:fs/promises'

const SUFFIX = '?text'

/** @type {import('esbuild').Plugin} */
export const textPlugin = {
  name: 'text',
  setup(build) {
    build.onResolve({ filter: /\?text$/ }, async ({ path, resolveDir }) => {
      const found = await build.resolve(path.slice(0, -SUFFIX.length), {
        kind: 'import-statement',
        resolveDir,
        pluginData: SUFFIX,
      })
      return { path: found.path, errors: found.errors, suffix: SUFFIX, sideEffects: false }
    })
    build.onLoad({ filter: /./ }, async ({ path, suffix }) => {
      if (suffix !== SUFFIX) return undefined
      return { contents: `export const text = ${JSON.stringify(await readFile(path, 'utf8'))}\n`, loader: 'js' }
    })
  },
}
