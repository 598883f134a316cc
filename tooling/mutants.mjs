#!/usr/bin/env node
// npm run mutants -- FILE...: changes one thing at a time in these source files, in bundles and never on disk, and runs the
// tests of the room that import the file, the nearest first, until one fails. Names the changes that no test notices.
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { build } from './prepare.mjs'
import { openRun } from './run-folder.mjs'
import { outcome, quietEnvironment, root, StepError } from './step.mjs'
import { searchPath } from './system-packages.mjs'
import { bundleTests } from './test-bundle.mjs'
import { testFiles, testPrograms } from './test-files.mjs'
import { runFile } from './test-run.mjs'

/** Limit of one test file without a change, as `npm test` has it; a change may take so many times what the file took. */
const FILE_TIMEOUT_MS = 240_000
const SLOWER = 4
/** Least limit of a test file with a change: the machine may be busy. */
const LEAST_TIMEOUT_MS = 60_000

/** What is put for what, in a file's JavaScript as esbuild prints it. @type {readonly (readonly [RegExp, string])[]} */
const changes = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ >= /g, ' > '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ < /g, ' <= '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \?\? /g, ' && '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/(?<=[ (])!(?=[\w(])/g, ''],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/(?<=[ ([])\d+(?=[),;\n\]])/g, '($& + 1)'],
  [/(?<=^ +)(?:await |yield\* )?[\w.#?]+\(.*\);$/gm, ';'],
  [/(?<=^ +)(?:throw|continue|break)\b.*;$/gm, ';'],
  [/(?<=^ +)return (?=.*;$)/gm, 'return void '],
]

/**
 * @typedef {object} Mutant
 * @property {string} file
 * @property {string} place `FILE:LINE` of the source
 * @property {string} before the changed line
 * @property {string} after
 * @property {string} code the whole file's
 */

/** @param {string} file @returns {Promise<Mutant[]>} */
async function mutantsOf(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const { code, map } = await transform(text, { loader: 'ts', target: 'es2022', sourcemap: true, sourcefile: file })
  const sourceMap = new SourceMap(JSON.parse(map))
  return changes.flatMap(([pattern, to]) =>
    [...code.matchAll(pattern)].map(({ 0: found, index }) => {
      const changed = `${code.slice(0, index)}${to.replace('$&', found)}${code.slice(index + found.length)}`
      const start = code.lastIndexOf('\n', index - 1) + 1
      const line = code.slice(0, index).split('\n').length
      const entry = sourceMap.findEntry(line - 1, index - start)
      const sourceLine = 'originalLine' in entry ? entry.originalLine + 1 : 0
      const [before = '', after = ''] = [code, changed].map((all) => all.slice(start).split('\n', 1)[0]?.trim())
      return { file, place: `${file}:${sourceLine}`, before, after, code: changed }
    }),
  )
}

/** Tests of the file's room that import it, those with the fewest files between first. @param {string} file @param {string} folder */
async function testsOf(file, folder) {
  const room = /^((shared|services)\/[^/]+|[^/]+)\//.exec(file)?.[1] ?? ''
  const tests = testFiles('.test.ts', [room])
  const { inputs } = (await bundleTests(tests, folder)).metafile
  /** @type {Map<string, string[]>} */
  const importers = new Map()
  for (const [path, { imports }] of Object.entries(inputs)) {
    for (const { path: target } of imports) importers.set(target, [...(importers.get(target) ?? []), path])
  }
  const reached = new Set([file])
  for (const path of reached) for (const importer of importers.get(path) ?? []) reached.add(importer)
  return [...reached].filter((path) => tests.includes(path))
}

/**
 * Runs tests on a change: what the first one that fails or does not end says, else an empty text; undefined if the change
 * cannot be bundled.
 * @param {readonly string[]} tests
 * @param {{ temp: string, bundle: string, tookMs: Map<string, number> }} run what each test took without a change
 * @param {Mutant} [mutant]
 */
async function firstFailure(tests, run, mutant) {
  const change = (/** @type {string} */ path, /** @type {string} */ text) =>
    mutant && path === join(root, mutant.file) ? mutant.code : text
  try {
    await bundleTests([...tests, ...testPrograms(tests)], run.bundle, { change, logLevel: 'silent' })
  } catch (error) {
    if (mutant) return undefined
    throw error
  }
  const env = { ...quietEnvironment, CI: 'true', PATH: searchPath }
  for (const test of tests) {
    const tookMs = run.tookMs.get(test)
    const timeoutMs = tookMs === undefined ? FILE_TIMEOUT_MS : Math.max(LEAST_TIMEOUT_MS, tookMs * SLOWER)
    const { failures, elapsedMs } = await runFile(test, run, { timeoutMs, env })
    if (!mutant) run.tookMs.set(test, elapsedMs)
    if (failures.length > 0) return `${test}: ${failures.map(({ name }) => name).join('; ')}`
  }
  return ''
}

/** @param {string} file @param {{ temp: string, bundle: string }} folders @returns {Promise<number>} how many survived */
async function tryMutants(file, folders) {
  const run = { ...folders, tookMs: new Map() }
  const tests = await testsOf(file, join(run.bundle, 'all'))
  if (tests.length === 0) throw new StepError(`no test of its room imports ${file}`)
  const failure = await firstFailure(tests, run)
  if (failure) throw new StepError(`a test fails without a change: ${failure}`)
  const waiting = (await mutantsOf(file)).entries()
  const counts = { killed: 0, survived: 0 }
  const worker = async () => {
    for (const [index, mutant] of waiting) {
      const noticed = await firstFailure(tests, { ...run, bundle: join(run.bundle, String(index)) }, mutant)
      if (noticed) counts.killed++
      if (noticed !== '') continue
      counts.survived++
      console.log(`survived ${mutant.place}\n  - ${mutant.before}\n  + ${mutant.after}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  console.log(`${file}: ${counts.killed} killed, ${counts.survived} survived, by ${tests.length} test files`)
  return counts.survived
}

await outcome(async () => {
  const files = process.argv.slice(2)
  if (files.length === 0) throw new StepError('usage: npm run mutants -- FILE...')
  for (const file of files) if (!existsSync(join(root, file))) throw new StepError(`there is no ${file}`)
  await build()
  const run = openRun()
  try {
    for (const file of files) if ((await tryMutants(file, run)) > 0) process.exitCode = 1
  } finally {
    await run.end()
  }
})
