import { appendFileSync, closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Settings
 * @property {'6.1' | '7.0' | '7.1'} version
 * @property {number} startMs how long a start takes
 * @property {number} lockedMs how long a VM stays locked after a power off
 * @property {number} acpiMs from the power button to the guest's shutdown; negative: the guest ignores it
 * @property {boolean} crlf lines end as on Windows
 * @property {string} prefix printed before everything, as VirtualBox's start script does where its kernel module is missing
 * @property {'allowed' | 'password' | 'unknown-user'} sudo what the fake sudo does
 */

/**
 * @typedef {object} Nic
 * @property {string} kind
 * @property {string} [adapter]
 * @property {string} type
 * @property {string} mac twelve digits
 */

/**
 * @typedef {object} FakeVm
 * @property {string} id lower case
 * @property {string} name
 * @property {string} owner the user in whose name it was made; empty without sudo
 * @property {string} settingsFile
 * @property {string} state VirtualBox's own word
 * @property {{ untilMs: number, state: string }} [next] the state that it passes into by itself
 * @property {number} [lockedUntilMs] locked by a session until then, although it is off
 * @property {boolean} [inaccessible]
 * @property {string} [description]
 * @property {boolean} ioapic
 * @property {number} cpus
 * @property {number} memory
 * @property {number} vram
 * @property {string[]} boot
 * @property {Nic[]} nics
 * @property {{ name: string, disks: Record<string, { path: string, id: string }> }[]} controllers
 * @property {Record<string, string>} extra
 * @property {string[]} snapshots
 * @property {{ starts: number, resets: number, powerOffs: number, nmis: number, powerButtons: number }} counts
 */

/**
 * @typedef {object} Fault
 * @property {string} command first word of the calls it is for; with the third for controlvm, snapshot and debugvm (`controlvm reset`)
 * @property {'hang' | 'hang-deaf' | 'hang-with-child' | 'killed' | 'megabyte' | 'zero' | 'error'} kind
 * @property {'before' | 'after'} when whether the call has done its work by then
 * @property {string} text of `zero` and `error`, without `VBoxManage: error: `
 * @property {string} result COM result code of `error`; none where it is empty
 * @property {number} times how many calls it hits
 */

/**
 * @typedef {object} Registry
 * @property {Settings} settings
 * @property {FakeVm[]} vms
 * @property {{ path: string, id: string }[]} media
 * @property {string[]} hostOnly
 * @property {Fault[]} faults
 */

const LOCK_MS = 20_000

/** @param {number} delayMs */
export function sleepNow(delayMs) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs)
}

/**
 * Reads the registry, lets `work` change it and writes it back, alone among all processes.
 *
 * @template T
 * @param {string} folder
 * @param {(registry: Registry) => T} work
 * @returns {T}
 */
export function withRegistry(folder, work) {
  const lock = join(folder, 'registry.lock')
  takeLock(lock)
  try {
    const file = join(folder, 'registry.json')
    const before = readFileSync(file, 'utf8')
    /** @type {Registry} */
    const registry = JSON.parse(before)
    for (const vm of registry.vms) settle(vm)
    try {
      return work(registry)
    } finally {
      const after = JSON.stringify(registry)
      if (after !== before) {
        writeFileSync(`${file}.new`, after)
        renameSync(`${file}.new`, file)
      }
    }
  } finally {
    rmSync(lock, { force: true })
  }
}

/**
 * The lock of a process that was killed while it held it is taken over.
 *
 * @param {string} lock
 */
function takeLock(lock) {
  const end = Date.now() + LOCK_MS
  while (Date.now() < end) {
    try {
      const handle = openSync(lock, 'wx')
      writeFileSync(handle, `${process.pid}`)
      closeSync(handle)
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    if (!isAlive(holderOf(lock))) rmSync(lock, { force: true })
    sleepNow(2 + Math.random() * 4)
  }
  throw new Error(`${lock} is held for too long`)
}

/** @param {string} lock */
function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8')) || process.pid
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return process.pid
    throw error
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code

/** @param {FakeVm} vm */
function settle(vm) {
  if (vm.next && Date.now() >= vm.next.untilMs) {
    vm.state = vm.next.state
    delete vm.next
  }
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {unknown} entry
 */
export function record(folder, name, entry) {
  appendFileSync(join(folder, name), `${JSON.stringify(entry)}\n`)
}
