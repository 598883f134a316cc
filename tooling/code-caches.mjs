// V8's code caches of an executable's packs. An executable that has them starts without parsing and compiling what its
// warm-up ran; another Node than the one that built it refuses them and compiles as usual.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const DEADLINE_MS = 20_000
const recorder = join(import.meta.dirname, 'record-code.mjs')

/** @typedef {(words: string[]) => Promise<void>} RecordRun */
/**
 * @callback WhileRunning runs a task with the text that a command printed first
 * @param {string[]} words
 * @param {RegExp} printed
 * @param {(text: string) => Promise<void>} task
 * @returns {Promise<void>}
 */
/** @typedef {(folder: string, record: RecordRun, whileRunning: WhileRunning) => Promise<void>} WarmUp */

/** @type {Record<string, WarmUp>} */
const warmUps = {
  define: (_folder, record) => record(['define']),
  async commands(...given) {
    await warmUpBmc(...given)
    await warmUpApi(...given)
  },
}

/**
 * Runs the warm-up and gives the code cache of each pack that it loaded, by the pack's name. Gives none, with a warning,
 * where the warm-up fails: the executable is only slower then.
 * @param {string} executable
 * @param {string} warmUp `define` or `commands`
 * @returns {Promise<Map<string, Buffer>>}
 */
export async function codeCachesOf(executable, warmUp) {
  const folder = mkdtempSync(join(tmpdir(), 'pb-code-'))
  const { PATH } = process.env
  const env = { PATH, TMPDIR: folder, HOME: folder }
  /** @type {RecordRun} */
  const record = async (words) => {
    await promisify(execFile)(process.execPath, [recorder, folder, executable, ...words], { env, timeout: DEADLINE_MS })
  }
  /** @type {WhileRunning} */
  async function whileRunning(words, printed, task) {
    const child = spawn(process.execPath, [executable, ...words], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: DEADLINE_MS,
    })
    const ended = once(child, 'exit')
    try {
      let text = ''
      // Until it ends with its deadline. The pipe stays open: what prints to a closed one ends.
      await new Promise((resolve, reject) => {
        child.stdout.on('data', (chunk) => {
          text += chunk
          if (printed.test(text)) resolve(undefined)
        })
        ended.then(([code]) => reject(new Error(`${words[0]} ended with ${code}`)), reject)
      })
      await task(text)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  }
  try {
    await warmUps[warmUp]?.(folder, record, whileRunning)
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
async function warmUpBmc(folder, record, whileRunning) {
  const file = join(folder, 'password')
  writeFileSync(file, 'warm-up', { mode: 0o600 })
  await whileRunning(['lab', '--count', '1', '--json', '--password-file', file], /\n/, (text) => {
    const { address, port, username } = JSON.parse(text)
    const login = ['-U', username, '--password-file', file, '--cipher-suite', '3', '--json']
    return record(['bmc', 'status', `${address}:${port}`, ...login])
  })
}

/** The machines of an endpoint of the executable's own, which has no plugin. @type {WarmUp} */
async function warmUpApi(folder, record, whileRunning) {
  const plugins = join(folder, 'plugins')
  mkdirSync(plugins)
  const up = ['up', '--port', '0', '--no-lab', '--plugins', plugins]
  await whileRunning(up, /Ctrl-C/, () => record(['machines', '--json']))
}
