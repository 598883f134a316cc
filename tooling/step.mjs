// One step of start or test: a child in this process's group, a short line before it, and its outcome.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** No tool of ours reports home, starts a daemon, asks, or looks for updates. */
export const quietEnvironment = {
  ...process.env,
  DO_NOT_TRACK: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
}

/** A step that failed; the message is for people, and is all they need to see. */
export class StepError extends Error {}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`powerbus: ${line}\n`)
}

/**
 * Runs a program with no stdin, its output going to stderr or to `onOutput`, and gives its exit code. A signal that ends
 * this process ends the child first.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<number>}
 */
export async function run(command, args, { env = quietEnvironment, onOutput } = {}) {
  const output = onOutput ? 'pipe' : 2
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', output, output] })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', onOutput ?? (() => undefined))
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  /** @type {NodeJS.Signals | undefined} */
  let received
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    received = signal
    // Ctrl-C reaches the whole group by itself.
    if (signal !== 'SIGINT') child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  try {
    const [code, signal] = await once(child, 'close')
    if (received) process.exit(128 + constants.signals[received])
    return code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)]
  } catch (error) {
    throw new StepError(`${command} could not be started: ${error instanceof Error ? error.message : error}`)
  } finally {
    for (const signal of signals) process.off(signal, pass)
  }
}

/** Ends the process as the outcome of `main` says: a StepError is shown as one line. @param {() => Promise<void>} main */
export async function outcome(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}
