import { test } from 'tap'
import { parseBmcHosts } from '../src/bmc-host.ts'
import { UsageError } from '../src/cli-error.ts'

test('a BMC is a name or an address, with an optional port', (t) => {
  t.same(parseBmcHosts(['bmc1,10.0.0.1:6230', '::1', '[fe80::1%eth0]:624'], 623), [
    { host: 'bmc1', address: 'bmc1', port: 623 },
    { host: '10.0.0.1:6230', address: '10.0.0.1', port: 6230 },
    { host: '::1', address: '::1', port: 623 },
    { host: '[fe80::1%eth0]:624', address: 'fe80::1%eth0', port: 624 },
  ])
  t.end()
})

test('ranges work inside addresses and ports', (t) => {
  const hosts = parseBmcHosts(['127.0.[0-3].[1-250]', '127.0.0.1:[6230-6237]'], 623)
  t.equal(hosts.length, 1008)
  t.same(hosts.at(-1), { host: '127.0.0.1:6237', address: '127.0.0.1', port: 6237 })
  t.end()
})

test('a malformed address is refused', (t) => {
  for (const host of ['', 'a:0', 'a:65536', 'a:b', '[10.0.0.1]:5', 'a:1:2', '1::2::3']) {
    t.throws(() => parseBmcHosts([host], 623), UsageError, host)
  }
  t.end()
})
