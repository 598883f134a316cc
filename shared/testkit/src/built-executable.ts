import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'

const root = resolve(import.meta.dirname, '../../..')

/** Path of `bin/powerbus` or `plugins/NAME` of the last build; `npm test` builds first. Throws where it is missing. */
export function builtExecutable(name: string): string {
  const path = join(root, 'dist', name)
  if (!existsSync(path)) throw new Error(`dist/${name} is missing: npm run build`)
  return path
}

/** Bundles an entry of a test's own, as a build does, into a folder that goes away with the test. Gives the executable's path. */
export async function bundleExecutable(scope: TestScope, entry: string, name: string): Promise<string> {
  const executable = join(tempFolder(scope), name)
  const { NODE_OPTIONS: _, ...env } = process.env
  await promisify(execFile)(process.execPath, [join(root, 'tooling/bundle.mjs'), entry, executable], { cwd: root, env })
  return executable
}
