#!/usr/bin/env node
// npm test [-- FILE...]: installs what is missing, builds, lints, checks types, runs the tests (all, or the files named),
// and ends with the line `N passed, N failed`. Passed and failed are tap's assertions; a failed step counts as one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build, checkNode, installPackages } from './prepare.mjs'
import { quietEnvironment, root, run, StepError, say } from './step.mjs'
import { installSystemPackages, searchPath } from './system-packages.mjs'
import { tapOutput } from './tap-output.mjs'

const env = { ...quietEnvironment, CI: 'true', PATH: searchPath }
/** @param {string} name */
const installed = (name) => join(root, 'node_modules/.bin', name)

/**
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 */
async function step(what, command, args) {
  say(what)
  const code = await run(installed(command), args, { env })
  if (code !== 0) throw new StepError(`${what} failed with ${code}; the lines above say why.`)
}

/** @param {string[]} files */
async function runTap(files) {
  say('running the tests')
  const output = tapOutput((line) => process.stdout.write(`${line}\n`))
  const code = await run(installed('tap'), ['run', '--reporter=tap', ...files], { env, onStdout: output.write })
  const totals = output.end()
  if (!totals) throw new StepError(`tap ended with ${code} and no totals.`)
  const { passed, failed, skipped, todo } = totals
  if (skipped + todo > 0) say(`${skipped} skipped and ${todo} to do: each counts as failed.`)
  if (passed + failed === 0) say('no test ran.')
  const broken = failed + skipped + todo
  // tap also fails on what is no assertion: a file that timed out, or one without tests.
  return { passed, failed: broken === 0 && (code !== 0 || passed === 0) ? 1 : broken }
}

async function main() {
  const files = process.argv.slice(2)
  checkNode()
  await installPackages()
  await installSystemPackages()
  say('building what has changed')
  await build()
  if (files.length === 0) {
    await step('lint', 'biome', ['check', '--error-on-warnings', '--colors=off'])
    await step('types', 'tsc', ['--noEmit', '--pretty', 'false'])
  }
  // .taprc takes tap's own TypeScript plugin out; tap must be built for that set of plugins once.
  if (!existsSync(join(root, '.tap/plugins'))) await step('tap build', 'tap', ['build'])
  return runTap(files)
}

/** @type {{ passed: number, failed: number }} */
let counts
try {
  counts = await main()
} catch (error) {
  say(error instanceof StepError ? error.message : String(error instanceof Error ? error.stack : error))
  counts = { passed: 0, failed: 1 }
}
process.exitCode = counts.failed === 0 ? 0 : 1
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
