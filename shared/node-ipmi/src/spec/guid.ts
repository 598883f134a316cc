/**
 * Orders in which BMCs send the 16 bytes of a GUID, by ipmitool's names. `ipmi`: §20.8, table 20-10, the reverse of the
 * text. `smbios`: the text's order, but the first three fields least significant byte first (SMBIOS §7.2.1). `rfc4122`:
 * the text's order.
 */
export type GuidOrder = 'ipmi' | 'smbios' | 'rfc4122'

/** For each order, the index of the byte that each byte of the text comes from. */
const sources: Readonly<Record<GuidOrder, readonly number[]>> = {
  ipmi: [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  smbios: [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15],
  rfc4122: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
}

/** RFC 4122 §4.1.3: versions 1 to 5. */
const MOST_VERSION = 5

/**
 * The order of 16 bytes as a BMC sent them, which the answer does not say: the first of `ipmi`, `smbios` and `rfc4122`
 * in which they are a UUID of RFC 4122, by version (1..5) and variant (10b). None is: `smbios`, because most firmware
 * copies the UUID of the SMBIOS table, and boards make up UUIDs without a version. `ipmi` and `smbios` exclude each
 * other; of the UUIDs sent as `rfc4122`, four in ten look like another order.
 */
export function guidOrder(bytes: Uint8Array): GuidOrder {
  const orders = ['ipmi', 'smbios', 'rfc4122'] as const
  return orders.find((order) => isUuid(inOrderOfText(bytes, order))) ?? 'smbios'
}

/** The text of a GUID, as dmidecode and Redfish show a system's UUID. `order` is guessed if it is not given. */
export function guidToString(bytes: Uint8Array, order: GuidOrder = guidOrder(bytes)): string {
  const hex = Buffer.from(inOrderOfText(bytes, order)).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/**
 * The 16 bytes of a GUID in the order of §20.8. Throws RangeError unless the text has 32 hexadecimal digits; ignores
 * dashes.
 */
export function guidFromString(text: string): Uint8Array {
  const hex = text.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError('guid: 32 hexadecimal digits expected')
  return Uint8Array.from(Buffer.from(hex, 'hex').reverse())
}

function inOrderOfText(bytes: Uint8Array, order: GuidOrder): Uint8Array {
  return Uint8Array.from(sources[order], (at) => bytes[at] ?? 0)
}

/** Whether version (high nibble of byte 6) and variant (high bits of byte 8) are those of a UUID. RFC 4122 §4.1. */
function isUuid(text: Uint8Array): boolean {
  const version = (text[6] ?? 0) >> 4
  const variant = (text[8] ?? 0) >> 6
  return version >= 1 && version <= MOST_VERSION && variant === 0b10
}
