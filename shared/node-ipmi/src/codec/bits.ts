import type { Codec } from './codec.ts'
import { MalformedError } from './malformed-error.ts'

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
  const entries = Object.entries(fields)
  const names = Object.keys(fields)
  const layouts = Object.values(fields)
  const open = entries.some(([, field]) => !isBits(field) && field.length === undefined)
  const fixedLength = Math.max(options?.length ?? 0, ...entries.map(([, field]) => endOf(field)))
  const minLength = options?.minLength ?? fixedLength
  return {
    minLength,
    maxLength: open ? Number.POSITIVE_INFINITY : fixedLength,
    decode(data) {
      if (data.length < minLength) throw new MalformedError(`${data.length} bytes, at least ${minLength} expected`)
      const value: Record<string, boolean | number | Uint8Array> = {}
      // By index: an iterator and a pair for each field would be half of what a sweep allocates.
      for (let i = 0; i < names.length; i++) {
        const field = layouts[i] as Field
        value[names[i] as string] = isBits(field) ? readBits(data, field) : readBytes(data, field)
      }
      return value as FieldValues<F>
    },
    encode(value) {
      const data = new Uint8Array(open ? openLength(entries, value, fixedLength) : fixedLength)
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string
        writeField(data, layouts[i] as Field, name, value[name])
      }
      return data
    },
  }
}

/** Length in bytes with the content of the open field. */
function openLength(entries: [string, Field][], value: Record<string, unknown>, fixedLength: number): number {
  let length = fixedLength
  for (const [name, field] of entries) {
    const content = value[name]
    if (!isBits(field) && content instanceof Uint8Array) length = Math.max(length, field.at + content.length)
  }
  return length
}

function isBits(field: Field): field is BitsField {
  return Array.isArray(field)
}

function endOf(field: Field): number {
  if (!isBits(field)) return field.at + (field.length ?? 0)
  return Math.ceil((field[0] + (field[1] ?? 1)) / 8)
}

function readBytes(data: Uint8Array, { at, length = Math.max(0, data.length - at) }: BytesField): Uint8Array {
  // A copy: Buffer's own slice() would return a view of the datagram.
  const value = new Uint8Array(length)
  value.set(data.subarray(at, at + length))
  return value
}

function readBits(data: Uint8Array, field: BitsField): boolean | number {
  const bit = field[0]
  const width = field[1] ?? 1
  if (width === 8 && (bit & 7) === 0) return data[bit >> 3] ?? 0
  if (bit + width > data.length * 8) return field.length === 1 ? false : 0
  let value = 0
  for (let taken = 0; taken < width; ) {
    const offset = (bit + taken) & 7
    const count = Math.min(8 - offset, width - taken)
    const part = ((data[(bit + taken) >> 3] ?? 0) >> offset) & ((1 << count) - 1)
    value += part * 2 ** taken
    taken += count
  }
  return field.length === 1 ? value === 1 : value
}

function writeField(data: Uint8Array, field: Field, name: string, value: unknown): void {
  if (!isBits(field)) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${name}: bytes expected`)
    if (field.length !== undefined && value.length !== field.length)
      throw new RangeError(`${name}: ${field.length} bytes expected`)
    data.set(value, field.at)
    return
  }
  const bit = field[0]
  const width = field[1] ?? 1
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= 2 ** width) {
    throw new RangeError(`${name}: an integer from 0 to ${2 ** width - 1} expected`)
  }
  if (width === 8 && (bit & 7) === 0) {
    data[bit >> 3] = number
    return
  }
  for (let taken = 0; taken < width; ) {
    const index = (bit + taken) >> 3
    const offset = (bit + taken) & 7
    const count = Math.min(8 - offset, width - taken)
    const part = Math.floor(number / 2 ** taken) & ((1 << count) - 1)
    data[index] = (data[index] ?? 0) | (part << offset)
    taken += count
  }
}
