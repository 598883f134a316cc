import { test } from 'tap'
import { Anonymizer } from '../src/redfish/anonymizer.ts'
import { factsOf, rulesFor, rulesNamed } from '../src/redfish/detect.ts'
import { powerOf } from '../src/redfish/power-word.ts'
import { ruleTable } from '../src/redfish/rule-table.ts'

/** Root, system, and the rules that they lead to. */
const known: readonly (readonly [root: object, system: object, rules: string])[] = [
  [{ Vendor: 'Dell' }, { Id: 'System.Embedded.1' }, 'dell'],
  [{ Oem: { Hpe: {} } }, {}, 'hpe'],
  [{ Vendor: 'Lenovo' }, { Model: 'ThinkSystem SR650 V2' }, 'lenovo-xcc'],
  [{ Vendor: 'Lenovo' }, { Model: 'ThinkSystem SR650 V4' }, 'lenovo-sr650-v4'],
  [{ Vendor: 'Lenovo' }, { SKU: '7D9RCTOLWW' }, 'lenovo-sr675-v3-ovx'],
  [{ Vendor: 'Lenovo', Oem: { Ami: {}, Lenovo: {} } }, {}, 'lenovo-ami'],
  [{ Vendor: 'AMI' }, { Id: 'DGX' }, 'dgx-h100'],
  [{ Vendor: 'AMI' }, { Id: 'Self' }, 'ami'],
  [{ Vendor: 'Giga Computing' }, {}, 'ami'],
  [{}, { Manufacturer: 'ASRockRack' }, 'ami-asrockrack'],
  [{ Vendor: 'Supermicro', Product: 'GB NVL' }, {}, 'nvidia-gbx00'],
  [{ Vendor: 'Supermicro' }, {}, 'supermicro'],
  [{ Vendor: 'NVIDIA', Product: 'GB200 NVL' }, {}, 'nvidia-gbx00'],
  [{ Vendor: 'NVIDIA', Product: 'P3809' }, {}, 'nvidia-gh200'],
  [{ Vendor: 'NVIDIA', Product: 'BlueField-3' }, {}, 'nvidia-bluefield'],
  [{ Vendor: 'WIWYNN' }, {}, 'wiwynn'],
  [{}, { Manufacturer: 'Lite-On Technology Corp.' }, 'lite-on-shelf'],
  [{ Vendor: 'Delta Electronics Inc.' }, {}, 'delta-shelf'],
  [{ Oem: { OpenBMC: {} } }, {}, 'standard'],
  [{}, {}, 'standard'],
]

test('each BMC is known by what root and system say, the more special first', (t) => {
  const seen = new Set<string>()
  for (const [root, system, rules] of known) {
    const resource = (body: object) => ({ path: '/redfish/v1', body: body as never })
    const found = rulesFor(factsOf(resource(root), resource(system))).name
    t.equal(found, rules)
    seen.add(found)
  }
  t.same(
    [...new Set(ruleTable.map(({ name }) => name))].filter((name) => !seen.has(name)),
    [],
  )
  t.end()
})

test('each rule has its source and its own name', (t) => {
  t.equal(new Set(ruleTable.map(({ name }) => name)).size, ruleTable.length)
  for (const { name, source } of ruleTable) {
    t.ok(source.length > 5, name)
    t.equal(rulesNamed(name).name, name)
  }
  t.end()
})

test('a machine on its way is taken for where it goes, unless somebody waits for it there', (t) => {
  t.equal(powerOf('PoweringOn'), 'on')
  t.equal(powerOf('PoweringOff'), 'off')
  t.equal(powerOf('PoweringOn', 'on'), 'off')
  t.equal(powerOf('PoweringOff', 'off'), 'on')
  t.equal(powerOf('PoweringOn', 'off'), 'on')
  t.equal(powerOf('On', 'on'), 'on')
  for (const word of ['Paused', 'Reset', 'Unknown', undefined]) t.equal(powerOf(word), undefined)
  t.end()
})

test('a mock-up has stand-ins for what tells whose machine it is, the same for the same', (t) => {
  const anonymizer = new Anonymizer()
  const first = anonymizer.resource({
    SerialNumber: 'ABC12345',
    UUID: '4c4c4544-0051-4b10-8047-b7c04f333932',
    MACAddress: '00:25:90:aa:bb:cc',
    Password: 'hunter2hunter2',
    Oem: { Acme: { ServiceTag: 'ST00099', ApiToken: 'tok' } },
    IPv4Addresses: [{ Address: '10.1.2.3' }],
    Model: 'R760',
    Nothing: '00:00:00:00:00:00',
    Version: '1.2.3.4',
  })
  const second = anonymizer.resource({ '@odata.id': '/redfish/v1/Chassis/ABC12345', Name: 'NIC 00-25-90-AA-BB-CC' })
  const text = JSON.stringify([first, second])
  for (const own of ['ABC12345', '4c4c4544', 'aa:bb:cc', 'AA-BB-CC', 'hunter2', 'ST00099', 'tok"', '10.1.2.3'])
    t.notMatch(text, new RegExp(own), own)
  t.match(first, { Model: 'R760', Nothing: '00:00:00:00:00:00', Version: '1.2.3.4', Password: '[secret]' })
  t.equal(second['@odata.id'], `/redfish/v1/Chassis/${first.SerialNumber}`)
  t.ok(String(second.Name).endsWith(String(first.MACAddress)))
  t.end()
})
