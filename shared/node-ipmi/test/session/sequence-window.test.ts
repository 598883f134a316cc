import { test } from 'tap'
import { SequenceWindow } from '../../src/session/sequence-window.ts'

const MAX = 0xffffffff

test('each number is accepted once, in any order within a window of 16', async (t) => {
  const window = new SequenceWindow()
  for (const number of [1, 3, 2, 10, 4, 26, 11]) t.ok(window.accept(number), `${number}`)
  for (const number of [0, 1, 3, 2, 10, 26, 11]) t.notOk(window.accept(number), `${number} again or too old`)
  t.ok(window.accept(42))
  t.ok(window.accept(27))
  t.notOk(window.accept(26), 'sixteen behind')
})

for (const first of [0, 1, 2, 0x7fffffff, 0x80000000, MAX - 3, MAX]) {
  test(`numbers may start at ${first}, and wrap with and without 0`, async (t) => {
    for (const skipsZero of [false, true]) {
      const window = new SequenceWindow()
      const numbers: number[] = []
      for (let number = first; numbers.length < 40; number = (number + 1) >>> 0) {
        if (number !== 0 || !skipsZero) numbers.push(number)
      }
      for (const number of numbers) {
        t.ok(window.accept(number), `${number}`)
        for (const replayed of numbers.slice(0, numbers.indexOf(number) + 1)) {
          if (window.accept(replayed)) t.fail(`${replayed} again after ${number}`)
        }
      }
    }
  })
}

test('packets that overtake the first one are accepted, each once', async (t) => {
  const window = new SequenceWindow()
  for (const number of [2, 1, 0, MAX]) t.ok(window.accept(number), `${number}`)
  for (const number of [2, 1, 0, MAX]) t.notOk(window.accept(number), `${number} again`)
})

test('a packet far ahead moves the window; what lies behind stays refused', async (t) => {
  const window = new SequenceWindow()
  const numbers = [1, 18, 1000, 0x7fffffff]
  for (const [i, number] of numbers.entries()) {
    t.ok(window.accept(number), `${number}`)
    for (const replayed of numbers.slice(0, i + 1)) t.notOk(window.accept(replayed), `${replayed} after ${number}`)
    t.notOk(window.accept(number - 16), 'old, though not seen')
  }
})

test('the window grows by 2^31 - 1 in one session and no further', async (t) => {
  const window = new SequenceWindow()
  t.ok(window.accept(10))
  t.ok(window.accept(11))
  t.ok(window.accept(10 + 0x7fffffff))
  t.notOk(window.accept(11 + 0x7fffffff), 'half of the numbers behind, 11 would be ahead again')
  t.notOk(window.accept(11))
  t.ok(window.accept(9 + 0x7fffffff), 'what was overtaken is still read')
})

test('a counter in the wrong byte order cannot bring a number round again', async (t) => {
  const window = new SequenceWindow()
  const seen: number[] = []
  for (let count = 1; count < 1000; count++) {
    const number = Buffer.from([0, 0, count >> 8, count & 0xff]).readUInt32LE(0)
    if (window.accept(number)) seen.push(number)
    for (const replayed of seen) if (window.accept(replayed)) t.fail(`${replayed} again`)
  }
  t.ok(seen.length >= 127, `${seen.length} packets before the session ends`)
})
