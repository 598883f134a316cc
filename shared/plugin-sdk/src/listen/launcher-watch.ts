import { fstatSync } from 'node:fs'
import { connect } from 'node:net'

export interface LauncherWatchOptions {
  /** Pid of the parent right now. */
  readonly parent: () => number
  /** Whether somebody reads READY! from stdout: then the parent is the endpoint. */
  readonly launched: boolean
  readonly socketPath: string
  /** Whether the endpoint has ever answered on its socket. */
  readonly reached: () => boolean
  readonly onGone: (reason: string) => void
  readonly parentMs?: number
  readonly probeMs?: number
  /** How long the socket must refuse without a break, in milliseconds. */
  readonly goneMs?: number
}

/**
 * Notices the death of the endpoint. Nothing tells a child that its parent was killed, and an endpoint in Go gives it /dev/null as
 * stdin, so two things are watched: the parent's pid, which changes as the kernel finds the child another parent, and the
 * socket FROM, for where the endpoint is not the parent or in another pid namespace. Either counts only where it says something:
 * the pid when stdout is a pipe or socket (by hand, a plugin outlives the shell it was started from), the socket once it has answered.
 */
export function watchLauncher(options: LauncherWatchOptions): () => void {
  const { parentMs = 1_000, probeMs = 5_000, goneMs = 15_000 } = options
  const parent = options.parent()
  let refusedSince: number | undefined
  const parentTimer = setInterval(() => {
    if (options.launched && options.parent() !== parent) gone('the process that launched it has ended')
  }, parentMs)
  const probeTimer = setInterval(() => {
    if (!options.reached()) return
    probe(options.socketPath, probeMs).then((accepted) => {
      if (accepted) refusedSince = undefined
      else refusedSince ??= performance.now()
      if (refusedSince !== undefined && performance.now() - refusedSince >= goneMs) gone('its endpoint is gone')
    }, gone)
  }, probeMs)
  const stop = () => {
    clearInterval(parentTimer)
    clearInterval(probeTimer)
  }
  const gone = (reason: string) => {
    stop()
    options.onGone(reason)
  }
  return stop
}

/** A terminal or a file as stdout means that the plugin was started by hand. */
export function isReadBySomebody(descriptor: number): boolean {
  const stat = fstatSync(descriptor)
  return stat.isFIFO() || stat.isSocket()
}

/** Whether somebody accepts connections on a UNIX socket. Never rejects. */
export function probe(socketPath: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const end = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}
