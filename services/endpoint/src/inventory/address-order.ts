import { isIPv4, isIPv6 } from 'node:net'

const GROUPS = 8

/** 32 hexadecimal digits that order addresses by number, as Go's 16 bytes do; undefined for what is no IP address. */
export function addressDigits(text: string): string | undefined {
  if (isIPv4(text)) return `${'0'.repeat(20)}ffff${ipv4Digits(text)}`
  if (!isIPv6(text)) return undefined
  const [bare = ''] = text.split('%', 1)
  const [head = '', tail] = bare.split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array<string>(Math.max(0, GROUPS - first.length - last.length)).fill('0000')
  return [...first, ...(tail === undefined ? [] : zeros), ...last].join('')
}

function groupsOf(text: string): string[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group.toLowerCase().padStart(4, '0')]
    const digits = ipv4Digits(group)
    return [digits.slice(0, 4), digits.slice(4)]
  })
}

function ipv4Digits(text: string): string {
  return text
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('')
}
