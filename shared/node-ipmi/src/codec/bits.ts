import type { Codec } from './codec.ts'
import { MalformedError } from './malformed-error.ts'
import { readUint32, writeUint32 } from './uint32.ts'

/** A field of `length` bytes at the byte offset `at`; without `length` it takes all remaining bytes. */
export interface BytesField {
  readonly at: number
  readonly length?: number
}

/**
 * `[bit]` is a flag, `[bit, width]` an unsigned number of 1..32 bits, least significant bit and byte first (§5.3 "LS
 * byte first").
 */
export type BitsField = readonly [bit: number] | readonly [bit: number, width: number]

export type Field = BitsField | BytesField

export type Fields = Readonly<Record<string, Field>>

export type FieldValues<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends readonly [number] ? boolean : F[K] extends BytesField ? Uint8Array : number
}

/** Defines a field of `length` bytes at the byte offset `at`. */
export function bytes<const At extends number>(at: At, length?: number): BytesField {
  return length === undefined ? { at } : { at, length }
}

/**
 * A codec from a table of named fields. Bits without a field are reserved: written as zero, ignored when read.
 * `length`: bytes of the layout, reserved bytes at the end included. `minLength`: fewest bytes that `decode` takes
 * (default: the whole layout), up to the last field that a reader cannot do without. Flags and numbers that are
 * not wholly in the data read as zero; bytes of a field that are not there are zero. `encode` throws RangeError or TypeError for a value
 * out of range.
 */
export function bits<const F extends Fields>(
  fields: F,
  options?: { length?: number; minLength?: number },
): Codec<FieldValues<F>> {
  const layouts = Object.entries(fields).map(([name, field]) => layoutOf(name, field))
  const open = layouts.some(({ isOpen }) => isOpen)
  const fixedLength = Math.max(options?.length ?? 0, ...layouts.map(({ end }) => end))
  const minLength = options?.minLength ?? fixedLength
  return {
    minLength,
    maxLength: open ? Number.POSITIVE_INFINITY : fixedLength,
    decode(data) {
      if (data.length < minLength) throw new MalformedError(`${data.length} bytes, at least ${minLength} expected`)
      const value: Record<string, boolean | number | Uint8Array> = {}
      // By index: an iterator and a pair for each field would be half of what a sweep allocates.
      for (let i = 0; i < layouts.length; i++) {
        const layout = layouts[i] as Layout
        value[layout.name] = layout.isBytes ? readBytes(data, layout) : readBits(data, layout)
      }
      return value as FieldValues<F>
    },
    encode(value) {
      const data = new Uint8Array(open ? openLength(layouts, value, fixedLength) : fixedLength)
      for (let i = 0; i < layouts.length; i++) {
        const layout = layouts[i] as Layout
        writeField(data, layout, value[layout.name])
      }
      return data
    },
  }
}

/** A field in one shape, which the engine reads faster than the forms of Field. */
interface Layout {
  readonly name: string
  readonly isBytes: boolean
  /** Takes all remaining bytes. */
  readonly isOpen: boolean
  readonly isFlag: boolean
  /** Offset and length: in bytes for bytes, else in bits. */
  readonly at: number
  readonly width: number
  /** Offset of the first byte after it, or of an open field's first byte. */
  readonly end: number
}

function layoutOf(name: string, field: Field): Layout {
  if (isBits(field)) {
    const [at, width = 1] = field
    const end = Math.ceil((at + width) / 8)
    return { name, isBytes: false, isOpen: false, isFlag: field.length === 1, at, width, end }
  }
  const { at, length } = field
  const width = length ?? 0
  return { name, isBytes: true, isOpen: length === undefined, isFlag: false, at, width, end: at + width }
}

/** Length in bytes with the content of the open field. */
function openLength(layouts: readonly Layout[], value: Record<string, unknown>, fixedLength: number): number {
  let length = fixedLength
  for (const { name, isOpen, at } of layouts) {
    const content = value[name]
    if (isOpen && content instanceof Uint8Array) length = Math.max(length, at + content.length)
  }
  return length
}

function isBits(field: Field): field is BitsField {
  return Array.isArray(field)
}

function readBytes(data: Uint8Array, { at, isOpen, width }: Layout): Uint8Array {
  const length = isOpen ? Math.max(0, data.length - at) : width
  // A copy: Buffer's own slice() would return a view of the datagram.
  const value = new Uint8Array(length)
  value.set(data.subarray(at, at + length))
  return value
}

function readBits(data: Uint8Array, { at: bit, width, isFlag }: Layout): boolean | number {
  if (width === 8 && (bit & 7) === 0) return data[bit >> 3] ?? 0
  if (bit + width > data.length * 8) return isFlag ? false : 0
  if (width === 32 && (bit & 7) === 0) return readUint32(data, bit >> 3)
  let value = 0
  for (let taken = 0; taken < width; ) {
    const offset = (bit + taken) & 7
    const count = Math.min(8 - offset, width - taken)
    const part = ((data[(bit + taken) >> 3] ?? 0) >> offset) & ((1 << count) - 1)
    value += part * 2 ** taken
    taken += count
  }
  return isFlag ? value === 1 : value
}

function writeField(data: Uint8Array, { name, isBytes, isOpen, at, width }: Layout, value: unknown): void {
  if (isBytes) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${name}: bytes expected`)
    if (!isOpen && value.length !== width) throw new RangeError(`${name}: ${width} bytes expected`)
    data.set(value, at)
    return
  }
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= 2 ** width) {
    throw new RangeError(`${name}: an integer from 0 to ${2 ** width - 1} expected`)
  }
  if (width === 8 && (at & 7) === 0) {
    data[at >> 3] = number
    return
  }
  if (width === 32 && (at & 7) === 0) {
    writeUint32(data, at >> 3, number)
    return
  }
  for (let taken = 0; taken < width; ) {
    const index = (at + taken) >> 3
    const offset = (at + taken) & 7
    const count = Math.min(8 - offset, width - taken)
    const part = Math.floor(number / 2 ** taken) & ((1 << count) - 1)
    data[index] = (data[index] ?? 0) | (part << offset)
    taken += count
  }
}
