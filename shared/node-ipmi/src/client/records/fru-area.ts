import { checksum } from '../../codec/checksum.ts'
import { decodeText, END_OF_FIELDS } from '../../codec/type-length.ts'

/** Texts of one FRU device. Sections of "Platform Management FRU Information Storage Definition" v1.0. */
export interface FruFields {
  readonly chassisType?: number
  readonly chassisPartNumber?: string
  readonly chassisSerialNumber?: string
  readonly boardManufacturer?: string
  readonly boardProduct?: string
  readonly boardSerialNumber?: string
  readonly boardPartNumber?: string
  /** Milliseconds since 1970. */
  readonly boardMadeAtMs?: number
  readonly productManufacturer?: string
  readonly productName?: string
  readonly productPartNumber?: string
  readonly productVersion?: string
  readonly productSerialNumber?: string
  readonly productAssetTag?: string
  /** Fields that the definition leaves to vendors, in the order of the areas. */
  readonly custom: readonly string[]
  /** Areas whose checksum is wrong: their texts may be damaged. */
  readonly damaged: readonly FruAreaName[]
}

export type FruAreaName = 'chassis' | 'board' | 'product'

/** Bytes of the common header, and what offsets and lengths of areas count. §8. */
export const FRU_HEADER_LENGTH = 8
export const FRU_UNIT = 8

/** Byte of the header with the offset of an area, fixed bytes of the area before its texts, and the texts. §8, §10 to §12. */
const areas = {
  chassis: { offsetAt: 2, fixed: 3, languageAt: undefined, texts: ['chassisPartNumber', 'chassisSerialNumber'] },
  board: {
    offsetAt: 3,
    fixed: 6,
    languageAt: 2,
    texts: ['boardManufacturer', 'boardProduct', 'boardSerialNumber', 'boardPartNumber', undefined],
  },
  product: {
    offsetAt: 4,
    fixed: 3,
    languageAt: 2,
    texts: [
      ...(['productManufacturer', 'productName', 'productPartNumber', 'productVersion'] as const),
      ...(['productSerialNumber', 'productAssetTag', undefined] as const),
    ],
  },
} as const satisfies Record<FruAreaName, unknown>

export const fruAreaNames = Object.keys(areas) as FruAreaName[]

/** Whether these bytes are a common header of version 1 with a right checksum. §8. */
export function isFruHeader(header: Uint8Array): boolean {
  return (
    header.length >= FRU_HEADER_LENGTH && (header[0] ?? 0) % 16 === 1 && sumsUp(header.subarray(0, FRU_HEADER_LENGTH))
  )
}

/** Offset of an area in bytes; undefined where the header has none. §8. */
export function fruAreaOffset(header: Uint8Array, name: FruAreaName): number | undefined {
  const offset = (header[areas[name].offsetAt] ?? 0) * FRU_UNIT
  return offset === 0 ? undefined : offset
}

/** What whole areas say. Damaged areas are read as far as they go. §10 to §12. */
export function fruFields(whole: ReadonlyMap<FruAreaName, Uint8Array>): FruFields {
  const values: Record<string, string | number> = {}
  const custom: string[] = []
  const damaged: FruAreaName[] = []
  for (const [name, area] of whole) {
    if (!sumsUp(area)) damaged.push(name)
    const { fixed, texts, languageAt } = areas[name]
    const found = textsOf(area, fixed, isEnglish(languageAt === undefined ? 0 : area[languageAt]))
    for (const [index, text] of found.entries()) {
      const field = texts[index]
      if (index >= texts.length) custom.push(text)
      else if (field !== undefined && text !== '') values[field] = text
    }
    if (name === 'chassis') values.chassisType = area[2] ?? 0
    const madeAtMs = name === 'board' ? madeAt(area) : undefined
    if (madeAtMs !== undefined) values.boardMadeAtMs = madeAtMs
  }
  return { ...values, custom: custom.filter((text) => text !== ''), damaged }
}

const LAST_LENGTH = 0x3f

/** The texts from `at` to the end mark, or to the end of the area. §13. */
function textsOf(area: Uint8Array, at: number, english: boolean): string[] {
  const texts: string[] = []
  for (let next = at; next < area.length - 1; ) {
    const typeLength = area[next] ?? END_OF_FIELDS
    if (typeLength === END_OF_FIELDS) break
    const length = typeLength & LAST_LENGTH
    texts.push(decodeText(typeLength >> 6, area.subarray(next + 1, next + 1 + length), 'binary', english))
    next += 1 + length
  }
  return texts
}

/** Languages 0 and 25 are English, in which 8-bit text is Latin 1; in others it is Unicode. §15. */
function isEnglish(language = 0): boolean {
  return language === 0 || language === 25
}

/** The first of January 1996, in milliseconds since 1970. §11. */
const EPOCH_MS = 820_454_400_000

/** Minutes since 1996 in bytes 3 to 5; 0 is unspecified. §11. */
function madeAt(area: Uint8Array): number | undefined {
  const minutes = (area[3] ?? 0) | ((area[4] ?? 0) << 8) | ((area[5] ?? 0) << 16)
  return minutes === 0 ? undefined : EPOCH_MS + minutes * 60_000
}

function sumsUp(bytes: Uint8Array): boolean {
  return checksum(bytes, 0, bytes.length) === 0
}
