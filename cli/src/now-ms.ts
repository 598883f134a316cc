/** Milliseconds since the process began, monotonic. The module of performance.now() takes a millisecond to load. */
export function nowMs(): number {
  return process.uptime() * 1000
}
