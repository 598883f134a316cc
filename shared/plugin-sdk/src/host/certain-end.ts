import { type ChildProcess, spawn } from 'node:child_process'
import type { Logger } from '../log.ts'

/** How long an exit may take, in milliseconds. */
const EXIT_MS = 3_000

/**
 * Waits for the end of its stdin, a pipe that the watched process alone holds open, and kills that process if the end
 * does not come in time, with its group where it leads one. While the pipe is open, the pid is still that of the watched process.
 */
const guard = `exec 2>/dev/null 3<&0; sleep "$2" & t=$!; { read -r _ <&3; kill $t; } &
wait $t && { kill -9 "-$1" || kill -9 "$1"; }`

/**
 * Makes sure that this process is gone after `ms` milliseconds: whatever holds it up then, a shell beside it kills it. No timer of its
 * own can do that, since process.exit() waits for the threads of libuv's pool, and a read from a dead file server never ends.
 */
export function endForCertain(host: NodeJS.Process, ms: number, log: Logger): void {
  const child: ChildProcess = spawn('sh', ['-c', guard, 'sh', `${host.pid}`, `${Math.ceil(ms / 1000)}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Signals to the group of the watched process are not for it.
    detached: true,
    env: { PATH: host.env.PATH },
  })
  const failed = (error: Error) => log.warn('nothing ends this process if it hangs', { reason: error.message })
  child.on('error', failed)
  child.stdin?.on('error', failed)
  child.unref()
}

/** process.exit() that does not hang. */
export function exitForCertain(host: NodeJS.Process, code: number, log: Logger): never {
  endForCertain(host, EXIT_MS, log)
  return host.exit(code)
}
