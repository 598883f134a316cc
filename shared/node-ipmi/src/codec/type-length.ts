/**
 * Text with a type/length byte before it, as sensor data records (§43.15) and FRU information areas ("Platform
 * Management FRU Information Storage Definition" v1.0, §13) have it.
 */

/** Bits 7:6 of the type/length byte. Code 0 is Unicode in sensor data records, and binary in FRU areas. */
export const TextCode = { other: 0, bcdPlus: 1, sixBit: 2, eightBit: 3 } as const

/** Ends the fields of a FRU area: a text of one byte cannot have 8-bit code. §13. */
export const END_OF_FIELDS = 0xc1

const BCD_PLUS = '0123456789 -.???'
const FIRST_SIX_BIT = 0x20

/** How the bytes of code 0 and, in FRU areas of other languages than English, of code 3 are read. */
export type OtherText = 'unicode' | 'binary'

/**
 * The text of a field without blanks and NULs around it; binary fields become hexadecimal digits. Control characters
 * become `?`, since the text is shown on terminals.
 */
export function decodeText(code: number, data: Uint8Array, other: OtherText, isEnglish = true): string {
  return decoded(code, data, other, isEnglish)
    .replace(/\0+$/, '')
    .replace(/\p{Cc}/gu, '?')
    .trim()
}

/** The name at the end of a sensor data record: a type/length byte, and text of up to 31 bytes. §43.15. */
export function decodeRecordName(field: Uint8Array): string {
  const [typeLength = 0] = field
  return decodeText(typeLength >> 6, field.subarray(1, 1 + (typeLength & 0x1f)), 'unicode')
}

function decoded(code: number, data: Uint8Array, other: OtherText, isEnglish: boolean): string {
  switch (code) {
    case TextCode.bcdPlus:
      return [...data].map((byte) => `${BCD_PLUS[byte >> 4]}${BCD_PLUS[byte & 0x0f]}`).join('')
    case TextCode.sixBit:
      return sixBit(data)
    case TextCode.eightBit:
      return isEnglish ? Buffer.from(data).toString('latin1') : utf16(data)
    default:
      return other === 'unicode' ? utf16(data) : Buffer.from(data).toString('hex')
  }
}

/** Four characters in three bytes, the first in the lowest bits; a rest of bits is padding. §43.15. */
function sixBit(data: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of data) {
    bits |= byte << count
    count += 8
    for (; count >= 6; count -= 6, bits >>= 6) text += String.fromCharCode(FIRST_SIX_BIT + (bits & 0x3f))
  }
  return text
}

function utf16(data: Uint8Array): string {
  return Buffer.from(data.subarray(0, data.length & ~1)).toString('utf16le')
}
