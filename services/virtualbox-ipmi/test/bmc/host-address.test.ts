import { networkInterfaces } from 'node:os'
import { test } from 'tap'
import { checkOneAddress, ownAddress } from '../../src/bmc/host-address.ts'

/** Addresses for documentation (RFC 5737, RFC 3849), which no host has. */
const foreign = ['192.0.2.7', '198.51.100.1', '2001:db8::7', '2001:DB8:0:0::7']
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

test('an address that this host does not have is a mistake in the param', async (t) => {
  for (const address of foreign) {
    checkOneAddress(address)
    await t.rejects(ownAddress(address), { code: 'PARAM_INVALID', message: /virtualbox\/bmc-address/ }, address)
  }
  await t.rejects(ownAddress('fe80::1%no-such-zone'), { code: 'PARAM_INVALID' })
})

test('an address of this host is taken, as the system writes it', async (t) => {
  t.equal(await ownAddress('127.0.0.1'), '127.0.0.1')
  for (const address of ['::1', '0:0:0:0:0:0:0:1', '0::1'])
    if (hasIpv6) t.equal(await ownAddress(address), '::1')
    else await t.rejects(ownAddress(address), { code: 'PARAM_INVALID' })
})

test('an address that stands for many, and a text that is none, are refused', (t) => {
  for (const address of [
    ...['0.0.0.0', '0.0.0.1', '224.0.0.1', '239.255.255.250', '255.255.255.255'],
    ...['::', '0::0', '0:0:0:0:0:0:0:0', 'ff02::1', '::ffff:0.0.0.0', '::ffff:127.0.0.1'],
    ...['nonsense', 'localhost', '127.0.0.1:6230', '127.0.0.1/8', '[::1]', '127.1', ''],
  ])
    t.throws(() => checkOneAddress(address), { code: 'PARAM_INVALID' }, address)
  for (const address of ['127.0.0.1', '10.0.0.0', '::1', 'fe80::1%lo', ...foreign]) checkOneAddress(address)
  t.end()
})
