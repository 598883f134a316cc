const HIGHEST = 0xffff_ffff

/**
 * The session sequence number `step` after `last`: FFFFFFFFh is followed by 1, since 0 means "outside a session".
 * `last` is 0 before the first packet. §6.12.8.
 */
export function nextSequence(last: number, step = 1): number {
  return Math.max(1, ((last + step - 1) % HIGHEST) + 1)
}
