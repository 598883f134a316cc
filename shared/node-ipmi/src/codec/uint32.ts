/** Unsigned integer of 4 bytes, least significant byte first. */
export function readUint32(data: Uint8Array, at: number): number {
  return (
    ((data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24)) >>> 0
  )
}

/** Writes an unsigned integer of 4 bytes, least significant byte first. */
export function writeUint32(data: Uint8Array, at: number, value: number): void {
  data[at] = value & 0xff
  data[at + 1] = (value >>> 8) & 0xff
  data[at + 2] = (value >>> 16) & 0xff
  data[at + 3] = (value >>> 24) & 0xff
}
