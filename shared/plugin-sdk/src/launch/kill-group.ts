/**
 * Signals a process that leads a group of its own, and all in that group; kills them by default. Nothing is done where the group has gone, or where
 * what is left of it belongs to another user. To be called while the leader is there, or at once when it has ended: its
 * number is not given out again so soon.
 */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
