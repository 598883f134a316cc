import { readdirSync, readFileSync } from 'node:fs'

/** Process id to parent's id of all processes, from /proc. Processes that end meanwhile are left out. */
function parents(): Map<number, number> {
  const found = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const stat = statOf(pid)
    // The program's name is in brackets and may contain spaces and brackets; state and parent follow the last bracket.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) found.set(pid, Number(parent))
  }
  return found
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** Process ids of all living descendants, nearest first. Empty on systems other than Linux. */
export function descendantsOf(pid: number): number[] {
  if (process.platform !== 'linux') return []
  const parentOf = parents()
  const found = [pid]
  for (const ancestor of found) {
    for (const [child, parent] of parentOf) if (parent === ancestor) found.push(child)
  }
  return found.slice(1)
}

/** Sends the signal to one process, or to a group if `pid` is negative. False if it has already ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
