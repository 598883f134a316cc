import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** What `.gitignore` names; git itself may be absent where a copy of the repository is tested. */
const ignored = readText('.gitignore').trim().split('\n')

/** Paths, from the root, of every file that is committed or would be. */
export const repositoryFiles: readonly string[] = filesBelow('')

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === '.git' || ignored.includes(`${entry.name}/`) ? [] : filesBelow(path)
    return entry.isFile() && !ignored.some((name) => name.startsWith('*') && path.endsWith(name.slice(1))) ? [path] : []
  })
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export interface Room {
  /** `shared/drp`, `services/ipmi`, `bench`. */
  readonly folder: string
  readonly name: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

/** The workspaces: a folder of `shared/` or `services/`, `cli`, and `bench`. */
export const rooms: readonly Room[] = repositoryFiles
  .filter((path) => /^(shared\/[^/]+|services\/[^/]+|cli|bench)\/package\.json$/.test(path))
  .map((path) => {
    const manifest = JSON.parse(readText(path))
    return {
      folder: path.replace('/package.json', ''),
      name: manifest.name,
      dependencies: Object.keys(manifest.dependencies ?? {}),
      devDependencies: Object.keys(manifest.devDependencies ?? {}),
    }
  })

/** The services that are plugins. */
export const pluginNames: readonly string[] = rooms
  .map(({ folder }) => folder)
  .filter((folder) => folder.startsWith('services/') && folder !== 'services/endpoint')
  .map((folder) => folder.replace('services/', ''))

/** TypeScript of the rooms' `src` folders. */
export const sourceFiles: readonly string[] = repositoryFiles.filter((path) =>
  /^(shared\/[^/]+|services\/[^/]+|cli)\/src\/.*\.ts$/.test(path),
)

/** All TypeScript and the tools' JavaScript. */
export const codeFiles: readonly string[] = repositoryFiles.filter((path) => /\.(ts|mjs)$/.test(path))
