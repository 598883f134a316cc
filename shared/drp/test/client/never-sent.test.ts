import { test } from 'tap'
import { wasNeverSent } from '../../src/index.ts'

const failed = (code: string, syscall?: string) => Object.assign(new Error(code), { code, ...(syscall && { syscall }) })

test('a request was never sent where its connection was never made, and only then', async (t) => {
  const never = [
    failed('ECONNREFUSED', 'connect'),
    failed('EMFILE', 'connect'),
    failed('EHOSTUNREACH', 'connect'),
    failed('ENOTFOUND', 'getaddrinfo'),
    failed('UND_ERR_CONNECT_TIMEOUT'),
    failed('UND_ERR_CLOSED'),
    failed('CERT_HAS_EXPIRED'),
    new AggregateError([failed('ECONNREFUSED', 'connect'), failed('ETIMEDOUT', 'connect')]),
  ]
  for (const cause of never) t.ok(wasNeverSent(cause), cause.message)
  const perhaps = [
    failed('ECONNRESET', 'read'),
    failed('EPIPE', 'write'),
    failed('UND_ERR_SOCKET'),
    failed('UND_ERR_HEADERS_TIMEOUT'),
    failed('UND_ERR_DESTROYED'),
    new AggregateError([failed('ECONNREFUSED', 'connect'), failed('ECONNRESET', 'read')]),
    new AggregateError([]),
    'a text',
  ]
  for (const cause of perhaps) t.notOk(wasNeverSent(cause), String(cause))
})
