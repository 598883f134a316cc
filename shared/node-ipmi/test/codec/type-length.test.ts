import { test } from 'tap'
import { decodeText, TextCode } from '../../src/codec/type-length.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

test('texts of each code are read, and control characters become question marks', async (t) => {
  const cases = [
    [TextCode.eightBit, '466f6f20c4', 'Foo Ä'],
    [TextCode.eightBit, '4142431b5b33316d', 'ABC?[31m'],
    [TextCode.eightBit, '20204120200000', 'A'],
    [TextCode.bcdPlus, '12a0b3c4', '12 0-3.4'],
    // "IPMI" as in §43.15: 29h, DCh, A6h.
    [TextCode.sixBit, '29dca6', 'IPMI'],
    [TextCode.sixBit, '29dca621', 'IPMIA'],
    [TextCode.other, '490050004d00', 'IPM'],
    [TextCode.other, '490050', 'I'],
    [TextCode.eightBit, '', ''],
  ] as const
  for (const [code, hex, text] of cases) t.equal(decodeText(code, bytes(hex), 'unicode'), text, `${code} ${hex}`)
  t.equal(decodeText(TextCode.other, bytes('00ff'), 'binary'), '00ff')
  t.equal(decodeText(TextCode.eightBit, bytes('34300000'), 'binary', false), '〴', 'Unicode in other languages')
})
