// One copy of each package version in a bundle: npm installs a copy in every workspace where the root has another version.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
/** Marks a path that a plugin asks for itself, which plugins leave alone then. */
export const asked = Symbol('asked by a plugin')

/** The root and all workspaces, in an order that does not change. */
const homes = [
  root,
  ...['shared', 'services'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => join(root, group, name)),
  ),
  join(root, 'cli'),
]

/** @type {Map<string, string>} */
const versions = new Map()

/** Version of the package in that folder; empty where there is none. @param {string} folder */
function versionIn(folder) {
  const file = join(folder, 'package.json')
  const known = versions.get(folder)
  if (known !== undefined) return known
  const version = existsSync(file) ? String(JSON.parse(readFileSync(file, 'utf8')).version) : ''
  versions.set(folder, version)
  return version
}

/**
 * The same file in the first copy of its package that has the same version.
 * @param {string} path of a file in a package, absolute
 */
export function firstCopyOf(path) {
  const [, home = '', name = '', rest = ''] =
    /^(.*)\/node_modules\/((?:@[^/]+\/)?[^/]+)\/((?:(?!\/node_modules\/).)*)$/.exec(path) ?? []
  if (!homes.includes(home)) return path
  const folder = (/** @type {string} */ parent) => join(parent, 'node_modules', name)
  const first = homes.find((other) => versionIn(folder(other)) === versionIn(folder(home)))
  return join(folder(first ?? home), rest)
}

/** @type {import('esbuild').Plugin} */
export const oneCopyPlugin = {
  name: 'one-copy',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === asked || isBuiltin(path)) return undefined
      const found = await builder.resolve(path, { kind, importer, resolveDir, pluginData: asked })
      if (found.external || found.namespace !== 'file' || !found.path.includes('/node_modules/')) return undefined
      const first = firstCopyOf(resolve(found.path))
      return first === found.path ? undefined : { path: first, sideEffects: found.sideEffects }
    })
  },
}
