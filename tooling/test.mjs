#!/usr/bin/env node
// npm test [-- FILE...]: installs what is missing, builds where a test starts an executable, and runs the tests (all, or
// the files and folders named), with lint and types beside them when it runs all. It ends with the line `N passed, N failed`: assertions, and 1 for each
// failed step. `--ending=.faults.ts` takes other files than `.test.ts`, `--all` all seeds of these, `--timeout=SECONDS` is the limit of one file,
// `--data=FOLDER` is data of others that the tests read, which a clone does not have.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, checkNode, installPackages } from './prepare.mjs'
import { quietEnvironment, root, run, StepError, say } from './step.mjs'
import { installSystemPackages, searchPath } from './system-packages.mjs'

/**
 * Lint and types, beside the tests: their output is shown when they fail.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[]>} what failed
 */
async function checkSource(env) {
  const checks = [
    ['biome', 'check', '--error-on-warnings', '--colors=off'],
    ['tsc', '--noEmit', '--pretty', 'false'],
  ]
  const failed = await Promise.all(
    checks.map(async ([command = '', ...args]) => {
      let output = ''
      const code = await run(`${root}/node_modules/.bin/${command}`, args, {
        env,
        onOutput(text) {
          output += text
        },
      })
      return code === 0 ? [] : [`${command} failed with ${code}:\n${output}`]
    }),
  )
  return failed.flat()
}

/** @param {string} folder from the root */
function checkData(folder) {
  const path = resolve(root, folder)
  if (existsSync(path)) return
  throw new StepError(`These tests read data that is not part of this repository, and ${path} does not exist: put the
folder there, or run npm test alone, which covers the same ground with descriptions of our own`)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ending: { type: 'string', default: '.test.ts' },
      timeout: { type: 'string', default: '240' },
      all: { type: 'boolean', default: false },
      data: { type: 'string' },
    },
  })
  if (values.data !== undefined) checkData(values.data)
  checkNode()
  await installPackages()
  await installSystemPackages()
  // These need the packages that have just been installed.
  const { keepTimes, testFiles, testPrograms } = await import('./test-files.mjs')
  const { bundleTests, startExecutables } = await import('./test-bundle.mjs')
  const { openRun } = await import('./run-folder.mjs')
  const { runFiles } = await import('./test-run.mjs')
  const { fileLine, report, sourcePlaces } = await import('./test-report.mjs')

  const files = testFiles(values.ending, positionals)
  const testRun = openRun()
  const env = {
    ...quietEnvironment,
    CI: 'true',
    PATH: searchPath,
    TMPDIR: testRun.temp,
    ...(values.all && { POWERBUS_ALL_SEEDS: '1' }),
  }
  try {
    if (startExecutables(await bundleTests([...files, ...testPrograms(files)], testRun.bundle))) await build()
    /** @type {import('./test-run.mjs').Outcome[]} */
    const outcomes = []
    const checks = positionals.length === 0 && values.ending === '.test.ts' ? checkSource(env) : Promise.resolve([])
    await runFiles(files, testRun, {
      env,
      timeoutMs: Number(values.timeout) * 1000,
      onOutcome(outcome) {
        outcomes.push(outcome)
        console.log(fileLine(outcome))
      },
    })
    const failedChecks = await checks
    keepTimes(outcomes)
    console.log([...failedChecks, report(outcomes, sourcePlaces(testRun.bundle))].join('\n'))
    const passed = outcomes.reduce((sum, { passed }) => sum + passed, 0)
    const failed = outcomes.reduce((sum, { failures }) => sum + failures.length, failedChecks.length)
    return { passed, failed: passed + failed === 0 ? 1 : failed }
  } finally {
    await testRun.end()
  }
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
