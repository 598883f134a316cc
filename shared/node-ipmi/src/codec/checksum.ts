/**
 * Two's complement of the sum of the bytes in [start, end), 0..255: bytes and checksum add up to zero modulo 256.
 * §13.8.
 */
export function checksum(data: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += data[i] ?? 0
  return -sum & 0xff
}
