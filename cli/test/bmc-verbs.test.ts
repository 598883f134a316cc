import { test } from 'tap'
import { parseBmcRequest } from '../src/bmc/bmc-verbs.ts'
import { UsageError } from '../src/cli-error.ts'

test('a verb takes its argument, and the other words are hosts', (t) => {
  t.same(parseBmcRequest('status', ['a', 'b'], {}), { request: { verb: 'status' }, hosts: ['a', 'b'] })
  t.same(parseBmcRequest('boot', ['pxe', 'a'], { efi: true }), {
    request: { verb: 'boot', device: 'pxe', persistent: false, efi: true },
    hosts: ['a'],
  })
  t.same(parseBmcRequest('identify', ['30', 'a'], {}), { request: { verb: 'identify', seconds: 30 }, hosts: ['a'] })
  t.same(parseBmcRequest('identify', ['bmc1'], {}), { request: { verb: 'identify', seconds: 15 }, hosts: ['bmc1'] })
  t.end()
})

test('--resend belongs to the verbs that are sent once', (t) => {
  for (const verb of ['cycle', 'reset', 'soft', 'diag'])
    t.same(parseBmcRequest(verb, ['a'], { resend: true }), { request: { verb, resend: true }, hosts: ['a'] })
  for (const verb of ['status', 'on', 'off', 'info', 'boot', 'identify'])
    t.throws(() => parseBmcRequest(verb, ['pxe', 'a'], { resend: true }), UsageError)
  t.end()
})

test('a wrong verb, device or interval is refused', (t) => {
  t.throws(() => parseBmcRequest('stat', ['a'], {}), UsageError)
  t.throws(() => parseBmcRequest('boot', ['floppy', 'a'], {}), UsageError)
  t.throws(() => parseBmcRequest('boot', [], {}), UsageError)
  t.throws(() => parseBmcRequest('identify', ['256', 'a'], {}), UsageError)
  t.throws(() => parseBmcRequest('on', ['a'], { persistent: true }), UsageError)
  t.end()
})
