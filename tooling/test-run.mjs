// Runs bundled test files, each in a process of its own: as many as the processor has cores, and up to eight while those
// that run mostly wait.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Parser } from 'tap-parser'
import { clearFolder } from './run-folder.mjs'
import { root } from './step.mjs'
import { bundleOf } from './test-bundle.mjs'

const MOST_AT_ONCE = 8
const STDERR_SHOWN = 4000

/**
 * @typedef {{ name: string, diag: Record<string, unknown> }} Failure
 * @typedef {object} Outcome of one file
 * @property {string} file
 * @property {number} passed assertions
 * @property {Failure[]} failures assertions that failed, were skipped or are to do; how the file itself failed
 * @property {string[]} comments of its tests
 * @property {number} elapsedMs
 * @property {number} cpuMs of the file and of the processes that it waited for
 * @property {string} stderr its end
 */

/**
 * The file's own assertions: the line that sums up a subtest counts only when nothing in the subtest failed.
 * @param {Parser} parser
 * @param {{ take: (result: import('tap-parser').Result, name: string) => void, comment: (text: string) => void }} on
 * @param {string} path
 */
function readAssertions(parser, on, path = '') {
  parser.on('comment', (text) => {
    if (!/^# (Subtest|time=|\{ total)/.test(text)) on.comment(text.replace(/^# /, '').trim())
  })
  /** @type {Parser | undefined} */
  let child
  parser.on('child', (/** @type {Parser} */ subtest) => {
    child = subtest
    readAssertions(subtest, on, `${path}${subtest.name} > `)
  })
  parser.on('assert', (/** @type {import('tap-parser').Result} */ result) => {
    const sumsUp = child !== undefined && child.count > 0
    const known = sumsUp && (result.ok || (child?.failures.length ?? 0) > 0)
    child = undefined
    if (!known) on.take(result, `${path}${result.name}`)
  })
}

/**
 * @param {string} file
 * @param {{ temp: string, bundle: string }} run
 * @param {{ timeoutMs: number, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Outcome>}
 */
export async function runFile(file, run, { timeoutMs, env }) {
  const startedAt = performance.now()
  const temp = join(run.temp, String(nextFolder++))
  mkdirSync(temp)
  // The shell knows what CPU time its child and those that this one waited for took.
  const script = 'node "$1"; code=$?; times >&3; exit $code'
  const child = spawn('sh', ['-c', script, 'sh', bundleOf(run.bundle, file)], {
    cwd: root,
    env: { ...env, TMPDIR: temp, POWERBUS_TEST_BUNDLE: run.bundle, TAP_TIMEOUT: String(timeoutMs / 1000) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const output = { stderr: '', times: '' }
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    output.stderr = (output.stderr + text).slice(-STDERR_SHOWN)
  })
  child.stdio[3]?.on('data', (text) => {
    output.times += text
  })
  /** @type {Failure[]} */
  const failures = []
  let passed = 0
  const parser = new Parser()
  const take = (/** @type {import('tap-parser').Result} */ result, /** @type {string} */ name) => {
    if (result.ok && !result.skip && !result.todo) passed++
    else if (result.skip) failures.push({ name: `${name} (skipped: ${result.skip})`, diag: {} })
    else if (result.todo) failures.push({ name: `${name} (to do: ${result.todo})`, diag: {} })
    else failures.push({ name, diag: result.diag ?? {} })
  }
  /** @type {string[]} */
  const comments = []
  readAssertions(parser, { take, comment: (text) => comments.push(text) })
  const parsed = once(parser, 'complete')
  child.stdout?.pipe(parser)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    clearFolder(temp)
  }, timeoutMs)
  const [code] = await once(child, 'exit')
  clearTimeout(timer)
  clearFolder(temp)
  const [results] = await parsed
  /** @param {string} name */
  const fail = (name) => failures.push({ name, diag: {} })
  if (timedOut) fail(`did not end within ${timeoutMs / 1000} s`)
  else if (results.bailout) fail(`bailed out: ${results.bailout}`)
  else if (failures.length === 0 && passed === 0) fail(`ran no test (exit code ${code})`)
  else if (failures.length === 0 && !results.ok) fail('its output is not whole: the plan does not fit the tests')
  else if (failures.length === 0 && code !== 0) fail(`all assertions passed, but it ended with exit code ${code}`)
  return {
    file,
    passed,
    failures,
    comments,
    elapsedMs: performance.now() - startedAt,
    cpuMs: cpuMsOf(output.times),
    stderr: output.stderr,
  }
}
let nextFolder = 1

/** Second line of the shell's `times`: user and system time of its children, such as `0m1.20s 0m0.04s`. @param {string} text */
function cpuMsOf(text) {
  const times = [...(text.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0)
}

/** A function that gives the share of the machine's CPU time used since it was last asked. */
function cpuUse() {
  const now = () => {
    const times = cpus().map(({ times }) => times)
    const idle = times.reduce((sum, time) => sum + time.idle, 0)
    return { idle, all: times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.irq, idle) }
  }
  let last = now()
  return () => {
    const { idle, all } = now()
    const used = all > last.all ? 1 - (idle - last.idle) / (all - last.all) : 1
    last = { idle, all }
    return used
  }
}

/**
 * Runs the files in this order and hands on each outcome when it is there.
 * @param {readonly string[]} files
 * @param {{ temp: string, bundle: string }} run
 * @param {{ timeoutMs: number, env: NodeJS.ProcessEnv, onOutcome: (outcome: Outcome) => void }} options
 */
export async function runFiles(files, run, { onOutcome, ...options }) {
  const cores = availableParallelism()
  const used = cpuUse()
  /** @type {Set<Promise<void>>} */
  const running = new Set()
  for (const file of files) {
    while (running.size >= cores) {
      await Promise.race([...running, sleep(250)])
      if (running.size < cores) break
      if (running.size < MOST_AT_ONCE && used() < 0.8) break
    }
    const ended = runFile(file, run, options).then((outcome) => {
      running.delete(ended)
      onOutcome(outcome)
    })
    running.add(ended)
  }
  await Promise.all(running)
}
