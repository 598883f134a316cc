import { test } from 'tap'
import { nextAddress } from '../src/next-address.ts'

test('nextAddress carries over to the next octet', (t) => {
  t.equal(nextAddress('127.0.0.1', 0), '127.0.0.1')
  t.equal(nextAddress('10.0.0.250', 10), '10.0.1.4')
  t.equal(nextAddress('200.255.255.255', 1), '201.0.0.0')
  t.throws(() => nextAddress('255.255.255.255', 1), RangeError)
  t.throws(() => nextAddress('::1', 1), RangeError)
  t.end()
})
