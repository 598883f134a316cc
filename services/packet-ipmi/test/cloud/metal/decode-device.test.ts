import { test } from 'tap'
import { decodeDevice } from '../../../src/cloud/metal/decode-device.ts'

const full = {
  id: 'd-1',
  hostname: 'node-01',
  state: 'active',
  tags: ['a', 7, 'b'],
  always_pxe: true,
  ipxe_script_url: 'http://boot/default.ipxe',
  plan: { slug: 'c3.small.x86' },
  facility: { code: 'ewr1' },
  metro: { code: 'ny' },
  project: { href: '/metal/v1/projects/p-1' },
  sos: 'd-1@sos.ewr1.example',
  created_at: '2026-01-02T03:04:05Z',
  ip_addresses: [
    { address: '2001:db8::1', public: true, address_family: 6 },
    { address: '10.0.0.1', public: false, address_family: 4 },
    { address: '198.51.100.7', public: true, address_family: 4 },
    { address: '198.51.100.8', public: true, address_family: 4 },
  ],
  network_ports: [
    { type: 'NetworkBondPort', data: { mac: '02:00:00:00:00:99' } },
    { type: 'NetworkPort', data: { mac: '0C:C4:7A:00:00:01' } },
    { type: 'NetworkPort', data: { mac: '0cc47a000002' } },
  ],
}

test('all fields of a device are decoded', async (t) => {
  t.strictSame(decodeDevice(full), {
    id: 'd-1',
    hostname: 'node-01',
    state: 'on',
    stateWord: 'active',
    tags: ['a', 'b'],
    macs: ['0c:c4:7a:00:00:01', '0c:c4:7a:00:00:02'],
    plan: 'c3.small.x86',
    facility: 'ewr1',
    metro: 'ny',
    projectId: 'p-1',
    console: 'd-1@sos.ewr1.example',
    alwaysPxe: true,
    ipxeScriptUrl: 'http://boot/default.ipxe',
    address: '198.51.100.7',
    createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  })
})

test('each state of the API is decoded, and others are unknown', async (t) => {
  const states = {
    queued: 'building',
    provisioning: 'building',
    reinstalling: 'building',
    active: 'on',
    inactive: 'off',
    powering_on: 'starting',
    powering_off: 'stopping',
    failed: 'failed',
    deprovisioning: 'deleting',
    deleted: 'deleting',
    post_provisioning: 'unknown',
    toString: 'unknown',
    '': 'unknown',
  }
  for (const [state, expected] of Object.entries(states))
    t.equal(decodeDevice({ ...full, state })?.state, expected, state)
})

const odd = [
  undefined,
  null,
  0,
  7,
  true,
  '',
  'text',
  [],
  {},
  [null],
  [[]],
  [{}],
  [7],
  { id: 7, slug: [], code: {}, href: 9 },
]

test('a field of a wrong type is left out', async (t) => {
  for (const name of Object.keys(full).filter((field) => field !== 'id'))
    for (const value of odd) {
      const device = decodeDevice({ ...full, [name]: value })
      t.equal(device?.id, 'd-1', `${name}: ${JSON.stringify(value)}`)
      t.ok(Array.isArray(device?.macs) && Array.isArray(device?.tags), name)
    }
  t.strictSame(decodeDevice({ id: 'x' }), {
    id: 'x',
    hostname: '',
    state: 'unknown',
    stateWord: '',
    tags: [],
    macs: [],
  })
})

test('an object without an id is not a device', async (t) => {
  for (const value of [...odd, { id: '' }, { id: 7 }, { hostname: 'x' }])
    t.equal(decodeDevice(value), undefined, JSON.stringify(value))
})

test('MACs have one spelling and no duplicates, and invalid ones are left out', async (t) => {
  const macs = (...list: readonly unknown[]) =>
    decodeDevice({ id: 'x', network_ports: list.map((mac) => ({ type: 'NetworkPort', data: { mac } })) })?.macs
  t.strictSame(macs('0C-C4-7A-00-00-01', '0cc4.7a00.0001', '0c:c4:7a:00:00:01'), ['0c:c4:7a:00:00:01'])
  t.strictSame(
    macs(
      '',
      null,
      7,
      'mac',
      '0c:c4:7a:00:00',
      '0c:c4:7a:00:00:01:02',
      '0c:c4-7a:00:00:01',
      '00:00:00:00:00:00',
      'ff:ff:ff:ff:ff:ff',
    ),
    [],
  )
})

test('the address is the public IPv4 address with management, else the first without the field', async (t) => {
  const address = (...list: readonly unknown[]) => decodeDevice({ id: 'x', ip_addresses: list })?.address
  t.equal(address({ address: '10.0.0.1', public: false }), undefined)
  t.equal(address({ address: '10.0.0.1' }), undefined)
  t.equal(address({ address: '2001:db8::1', public: true }), undefined)
  t.equal(address({ address: 'nonsense', public: true }, { address: '192.0.2.1', public: true }), '192.0.2.1')
  const elastic = { address: '198.51.100.9', public: true, management: false }
  const own = { address: '192.0.2.1', public: true, management: true }
  const unsaid = { address: '192.0.2.2', public: true }
  const privateOwn = { address: '10.0.0.1', public: false, management: true }
  const v6 = { address: '2001:db8::1', public: true, management: true }
  t.equal(address(elastic, v6, privateOwn, own), own.address)
  t.equal(address(unsaid, elastic, own), own.address)
  t.equal(address(elastic, unsaid), unsaid.address)
  t.equal(address(elastic, privateOwn, v6), undefined, 'an elastic address can move to another device')
})
