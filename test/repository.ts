import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Paths, from the root, of every file that is committed or would be (new and not ignored), and is still there. */
export const repositoryFiles: readonly string[] = execFileSync(
  'git',
  ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))

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

/** The workspaces: a folder of `shared/` or `services/`, and `bench`. */
export const rooms: readonly Room[] = repositoryFiles
  .filter((path) => /^(shared\/[^/]+|services\/[^/]+|bench)\/package\.json$/.test(path))
  .map((path) => {
    const manifest = JSON.parse(readText(path))
    return {
      folder: path.replace('/package.json', ''),
      name: manifest.name,
      dependencies: Object.keys(manifest.dependencies ?? {}),
      devDependencies: Object.keys(manifest.devDependencies ?? {}),
    }
  })

/** TypeScript of the rooms' `src` folders. */
export const sourceFiles: readonly string[] = repositoryFiles.filter((path) =>
  /^s[^/]+\/[^/]+\/src\/.*\.ts$/.test(path),
)

/** All TypeScript and the tools' JavaScript. */
export const codeFiles: readonly string[] = repositoryFiles.filter((path) => /\.(ts|mjs)$/.test(path))
