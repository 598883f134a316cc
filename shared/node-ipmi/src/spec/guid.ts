/**
 * A GUID's 16 bytes as text. §20.8, table 20-10: least significant byte first, the reverse of the text. Many BMCs send
 * the order of the text or of SMBIOS instead; the response does not say which.
 */
export function guidToString(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).reverse().toString('hex')
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
