// V8's code caches of an executable's packs. An executable that has them starts without parsing and compiling what its
// warm-up ran; another Node than the one that built it refuses them and compiles as usual.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const DEADLINE_MS = 20_000
const recorder = join(import.meta.dirname, 'record-code.mjs')

/** @typedef {(folder: string, executable: string, record: (words: string[]) => Promise<void>) => Promise<void>} WarmUp */

/** @type {Record<string, WarmUp>} */
const warmUps = {
  define: (_folder, _executable, record) => record(['define']),
  bmc: warmUpBmc,
}

/**
 * Runs the warm-up and gives the code cache of each pack that it loaded, by the pack's name. Gives none, with a warning,
 * where the warm-up fails: the executable is only slower then.
 * @param {string} executable
 * @param {string} warmUp `define` or `bmc`
 * @returns {Promise<Map<string, Buffer>>}
 */
export async function codeCachesOf(executable, warmUp) {
  const folder = mkdtempSync(join(tmpdir(), 'pb-code-'))
  const { NODE_OPTIONS: _, ...env } = process.env
  /** @param {string[]} words */
  const record = async (words) => {
    await promisify(execFile)(process.execPath, [recorder, folder, executable, ...words], { env, timeout: DEADLINE_MS })
  }
  try {
    await warmUps[warmUp]?.(folder, executable, record)
    const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
    return new Map(names.map((name) => [basename(name, '.js'), readFileSync(join(folder, name))]))
  } catch (error) {
    console.error(
      `${executable} gets no code cache and starts slower: ${error instanceof Error ? error.message : error}`,
    )
    return new Map()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A power status of one BMC of the executable's own lab. @type {WarmUp} */
async function warmUpBmc(folder, executable, record) {
  const file = join(folder, 'password')
  writeFileSync(file, 'warm-up', { mode: 0o600 })
  const words = [executable, 'lab', '--count', '1', '--json', '--password-file', file]
  const lab = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], timeout: DEADLINE_MS })
  const ended = once(lab, 'exit')
  try {
    const [line] = await Promise.race([once(createInterface(lab.stdout), 'line'), ended.then(() => ['{}'])])
    const { address, port, username } = JSON.parse(String(line))
    const login = ['-U', username, '--password-file', file, '--cipher-suite', '3', '--json']
    await record(['bmc', 'status', `${address}:${port}`, ...login])
  } finally {
    lab.kill('SIGKILL')
    await ended
  }
}
