// A folder for all that one run of the tests makes, and the end of all that it starts. Started as a program
// (`run-folder.mjs FOLDER...`) it waits until its stdin ends, however the run ended, and then clears up.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './step.mjs'

const program = fileURLToPath(import.meta.url)

/** @param {string} path @returns {string} empty when the process has ended, or is another user's. */
function readProcess(path) {
  try {
    return path.endsWith('cwd') ? readlinkSync(path) : readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/**
 * Processes that belong to the folder, and their descendants: TMPDIR or another variable, an argument or the working
 * folder names it. Linux only.
 * @param {string} folder
 * @returns {number[]}
 */
export function processesOf(folder) {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
  const found = pids.filter((pid) => {
    const texts = ['environ', 'cmdline', 'cwd'].map((name) => `${readProcess(`/proc/${pid}/${name}`)}\0`)
    return texts.some((text) => text.includes(`${folder}/`) || text.includes(`${folder}\0`))
  })
  const parents = new Map(
    pids.map((pid) => {
      const stat = readProcess(`/proc/${pid}/stat`)
      // The program's name is in brackets and may hold blanks; state and parent follow the last bracket.
      return [pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]
    }),
  )
  for (const ancestor of found) {
    for (const [pid, parent] of parents) if (parent === ancestor && !found.includes(pid)) found.push(pid)
  }
  return found
}

/** Kills what belongs to the folder, until nothing is left, and removes the folder. @param {string} folder */
export function clearFolder(folder) {
  for (let round = 0; round < 50; round++) {
    const pids = processesOf(folder).filter((pid) => !readProcess(`/proc/${pid}/stat`).includes(') Z '))
    if (pids.length === 0) break
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/**
 * Folders of a new run: `temp` for what tests make, `bundle` for their bundles, which find packages only inside the
 * repository. `end` clears up; a run that is killed is cleared up after too.
 */
export function openRun() {
  const temp = mkdtempSync(join(tmpdir(), 'pb'))
  const bundle = join(root, 'node_modules/.cache/powerbus', temp.slice(-8))
  // A session of its own: no signal from the terminal reaches it before the run has ended.
  const reaper = spawn(process.execPath, [program, temp, bundle], { stdio: ['pipe', 'ignore', 2], detached: true })
  return {
    temp,
    bundle,
    async end() {
      reaper.stdin?.end()
      await once(reaper, 'close')
    },
  }
}

if (process.argv[1] === program) {
  process.stdin.resume().on('end', () => {
    for (const folder of process.argv.slice(2)) clearFolder(folder)
  })
}
