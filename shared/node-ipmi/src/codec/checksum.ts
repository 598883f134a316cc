/** Two's complement of the sum of all bytes in [start, end): with it they add up to zero. §13.8. */
export function checksum(data: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += data[i] ?? 0
  return -sum & 0xff
}
