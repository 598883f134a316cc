// `powerbus:content`: the files of the folder `content` of the room that imports it, put there by contentPlugin when
// esbuild bundles; the type checker has content-module.d.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const NAME = 'powerbus:content'
const DOCUMENTATION = 'documentation.rst'

/** The content folder of the room of a file. @param {string} importer */
export function contentFolder(importer) {
  let folder = dirname(importer)
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return join(folder, 'content')
}

/** JavaScript of the module: the documentation, and all other files with their paths below the folder. @param {string} folder */
export function contentSource(folder) {
  const content = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), text: readFileSync(file, 'utf8') }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
  const documentation = content.find(({ path }) => path === DOCUMENTATION)?.text ?? ''
  const files = content.filter(({ path }) => path !== DOCUMENTATION)
  return `export const documentation = ${JSON.stringify(documentation)}\nexport const content = ${JSON.stringify(files)}\n`
}

/** @type {import('esbuild').Plugin} */
export const contentPlugin = {
  name: NAME,
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${NAME}$`) }, ({ importer }) => ({
      path: contentFolder(importer),
      namespace: NAME,
      sideEffects: false,
    }))
    build.onLoad({ filter: /./, namespace: NAME }, ({ path }) => ({ contents: contentSource(path), loader: 'js' }))
  },
}
