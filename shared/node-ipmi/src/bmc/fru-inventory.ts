import { checksum } from '../codec/checksum.ts'
import { END_OF_FIELDS, TextCode } from '../codec/type-length.ts'

/** Texts of the FRU inventory; each is cut to 63 bytes of Latin 1. */
export interface Inventory {
  readonly manufacturer: string
  readonly product: string
  readonly partNumber: string
  readonly serialNumber: string
}

const FORMAT_VERSION = 0x01
const ENGLISH = 0x00
/** Type/length byte of 8-bit ASCII with Latin 1. FRU Information Storage Definition §13. */
const ASCII = TextCode.eightBit << 6
const MAX_FIELD = 63

/**
 * A FRU inventory area with board and product information in the layout of "Platform Management FRU Information Storage
 * Definition" v1.0: a common header (§8), then areas in multiples of 8 bytes, each with a checksum (§11, §12).
 */
export function encodeInventory({ manufacturer, product, partNumber, serialNumber }: Inventory): Uint8Array {
  const made = [0, 0, 0]
  const board = area([ENGLISH, ...made], [manufacturer, product, serialNumber, partNumber, ''])
  const version = ''
  const assetTag = ''
  const whole = area([ENGLISH], [manufacturer, product, partNumber, version, serialNumber, assetTag, ''])
  const boardOffset = 1
  const productOffset = boardOffset + board.length / 8
  const header = Uint8Array.of(FORMAT_VERSION, 0, 0, boardOffset, productOffset, 0, 0, 0)
  header[7] = checksum(header, 0, 7)
  return Uint8Array.of(...header, ...board, ...whole)
}

/** Version, length in units of 8 bytes, `start`, fields, end mark, padding, checksum. */
function area(start: readonly number[], fields: readonly string[]): Uint8Array {
  const texts = fields.map((text) => Buffer.from(text, 'latin1').subarray(0, MAX_FIELD))
  const content = [...start, ...texts.flatMap((text) => [ASCII | padOne(text).length, ...padOne(text)]), END_OF_FIELDS]
  const bytes = new Uint8Array(Math.ceil((2 + content.length + 1) / 8) * 8)
  bytes.set([FORMAT_VERSION, bytes.length / 8, ...content])
  bytes[bytes.length - 1] = checksum(bytes, 0, bytes.length - 1)
  return bytes
}

/** A field of 1 byte has type/length C1h, which is the end mark; a space makes it 2 bytes. */
function padOne(text: Uint8Array): Uint8Array {
  return text.length === 1 ? Uint8Array.of(text[0] ?? 0, 0x20) : text
}
