import { appendFileSync, closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Settings
 * @property {'6.1' | '7.0' | '7.1'} version
 * @property {number} startMs duration of a start
 * @property {number} lockedMs time that a VM stays locked after a power off
 * @property {number} acpiMs time from the power button to the guest's shutdown; negative: the guest ignores the button
 * @property {boolean} crlf lines end with CR LF, as on Windows
 * @property {string} prefix printed before the output, like the warning of VirtualBox about a missing kernel module
 * @property {'allowed' | 'password' | 'unknown-user'} sudo behaviour of the fake sudo
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
 * @property {string} owner user that sudo ran as when the VM was made; empty without sudo
 * @property {string} settingsFile
 * @property {string} state VirtualBox's name of the state
 * @property {{ untilMs: number, state: string }} [next] next state, and when it begins
 * @property {number} [lockedUntilMs] end of the session's lock after a power off
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
 * @property {string} command command to hit; for controlvm, snapshot and debugvm with the subcommand (`controlvm
 * reset`)
 * @property {'hang' | 'hang-deaf' | 'hang-with-child' | 'killed' | 'megabyte' | 'zero' | 'error'} kind
 * @property {'before' | 'after'} when whether the fault happens before or after the work of the call
 * @property {string} text message of `zero` and `error`, without `VBoxManage: error: `
 * @property {string} result COM result code of `error`; empty for none
 * @property {number} times number of calls to hit
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
 * Reads the registry, lets `work` change it and writes it back. A lock file excludes other processes.
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
 * Takes the lock file, also from a process that was killed while it held the lock.
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
  throw new Error(`${lock} was not free within ${LOCK_MS} ms`)
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
