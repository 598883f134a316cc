import { test } from 'tap'
import { IpmiError } from '../../src/client/ipmi-error.ts'
import { Logins, type Target } from '../../src/client/target.ts'

const target: Target = { address: '192.0.2.1', username: 'admin', password: 'secret' }

test('targets with the same login share it, at whatever address', async (t) => {
  const logins = new Logins()
  const login = logins.of(target)
  t.equal(logins.of({ ...target, address: '192.0.2.2', port: 6230 }), login)
  t.throws(() => logins.of({ ...target, address: '' }), IpmiError)
  t.throws(() => logins.of({ ...target, port: 0 }), IpmiError)
})

test('a target that differs in any field of the login has its own', async (t) => {
  const differences: Partial<Target>[] = [
    { username: 'other' },
    { password: 'other' },
    { password: Buffer.from('secret') },
    { kg: Uint8Array.of(1) },
    { cipherSuite: 3 },
    { privilege: 'user' },
    { workarounds: ['intelplus'] },
  ]
  for (const difference of differences) {
    const logins = new Logins()
    const login = logins.of(target)
    const other = logins.of({ ...target, ...difference })
    t.not(other, login, Object.keys(difference).join())
    t.not(logins.of(target), other)
    t.same(logins.of(target), login)
  }
})

test('a target whose fields were changed by its holder has another login', async (t) => {
  const logins = new Logins()
  const changed: { -readonly [Field in keyof Target]: Target[Field] } = { ...target }
  const login = logins.of(changed)
  changed.password = 'other'
  t.not(logins.of(changed), login)
})
