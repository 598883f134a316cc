import { test } from 'tap'
import { encodeInventory } from '../../src/bmc/fru-inventory.ts'

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total + byte) & 0xff, 0)

test('header and areas are multiples of 8 bytes and have right checksums', async (t) => {
  for (const serialNumber of ['', '7', 'SN-0001', 'x'.repeat(200)]) {
    const fru = encodeInventory({ manufacturer: 'Powerbus', product: 'Lab machine', partNumber: 'é', serialNumber })
    t.equal(sum(fru.subarray(0, 8)), 0)
    const [board = 0, product = 0] = fru.subarray(3, 5)
    const boardArea = fru.subarray(board * 8, board * 8 + (fru[board * 8 + 1] ?? 0) * 8)
    const productArea = fru.subarray(product * 8, product * 8 + (fru[product * 8 + 1] ?? 0) * 8)
    t.equal(8 + boardArea.length + productArea.length, fru.length)
    t.equal(sum(boardArea), 0)
    t.equal(sum(productArea), 0)
    t.match(Buffer.from(productArea).toString('latin1'), /Powerbus.Lab machine/)
  }
})
