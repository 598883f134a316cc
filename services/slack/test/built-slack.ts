import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tempFolder } from '@powerbus/testkit'
import type { Test } from 'tap'

const root = join(import.meta.dirname, '../../..')

/** Bundles the plugin as a build does, into a folder that goes away with the test. */
export async function builtSlack(t: Test): Promise<string> {
  const executable = join(tempFolder(t), 'slack')
  const bundler = join(root, 'tooling/bundle.mjs')
  const built = await runProgram(process.execPath, [bundler, join(root, 'services/slack/src/main.ts'), executable], {})
  if (built.code !== 0 || !existsSync(executable)) throw new Error(`the build failed:\n${built.stderr}`)
  return executable
}
