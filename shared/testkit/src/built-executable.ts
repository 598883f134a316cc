import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'

const root = resolve(import.meta.dirname, '../../..')

/** Path of `bin/powerbus` or `plugins/NAME` of the last build; `npm test` builds first. Throws if it is missing. */
export function builtExecutable(name: string): string {
  const path = join(root, 'dist', name)
  if (!existsSync(path)) throw new Error(`dist/${name} is missing: run npm run build`)
  return path
}

/** Bundles a test's entry file like a build does. Returns the path of the executable, which the scope's end removes. */
export async function bundleExecutable(scope: TestScope, entry: string, name: string): Promise<string> {
  const executable = join(tempFolder(scope), name)
  const { NODE_OPTIONS: _, ...env } = process.env
  await promisify(execFile)(process.execPath, [join(root, 'tooling/bundle.mjs'), entry, executable], { cwd: root, env })
  return executable
}
