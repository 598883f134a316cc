import { test } from 'tap'
import type { BmcOptions } from '../../src/bmc/index.ts'
import { bench, RawSession } from './raw-console.ts'

const user = { name: 'admin', password: 'secret' }

test('options out of range throw an error that names the option', async (t) => {
  const wrong: [Partial<BmcOptions>, RegExp][] = [
    [{ users: [{ ...user, name: 'a'.repeat(17) }] }, /name/],
    [{ users: [{ ...user, name: 'ü'.repeat(9) }] }, /name/],
    [{ users: [{ ...user, password: 'a'.repeat(21) }] }, /password/],
    [{ users: Array(63).fill(user) }, /users/],
    [{ kg: new Uint8Array(21) }, /kg/],
    [{ maxSessions: 0 }, /maxSessions/],
    [{ maxSessions: 256 }, /maxSessions/],
    [{ cipherSuites: [] }, /cipherSuites/],
    [{ guid: '1234' }, /guid/],
  ]
  for (const [options, name] of wrong) t.throws(() => bench(options), name)
})

test('passwords of all lengths and characters open a session', async (t) => {
  for (const password of ['', '1234', 'p'.repeat(16), 'p'.repeat(17), 'p'.repeat(20), 'a "$b\' \\', 'müßig€']) {
    for (const suite of [3, 17] as const) {
      const { bmc } = bench({ users: [{ name: 'admin', password }] })
      t.doesNotThrow(() => new RawSession(bmc, { password, suite }), password)
    }
  }
})

test('the null user opens a session if the BMC has one', async (t) => {
  const { bmc } = bench({ users: [{ name: '', password: 'secret' }] })
  t.doesNotThrow(() => new RawSession(bmc, { username: '' }))
})
