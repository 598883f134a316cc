import { isIPv4 } from 'node:net'

/** The IPv4 address `offset` after `first`. Throws RangeError if there is none or `first` is not an IPv4 address. */
export function nextAddress(first: string, offset: number): string {
  if (!isIPv4(first)) throw new RangeError(`${first} is not an IPv4 address`)
  const number = first.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) + offset
  if (number > 0xffff_ffff) throw new RangeError(`there are fewer than ${offset} addresses after ${first}`)
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}
