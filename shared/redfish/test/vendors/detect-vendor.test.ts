import { test } from 'tap'
import { detectVendor, type Vendor, type VendorEvidence, vendorRules, wantsAnyETag } from '../../src/index.ts'

type Row = [string, Omit<VendorEvidence, 'root'> & { root?: object }, Vendor, string]

const rows: Row[] = [
  ['Dell', { root: { Vendor: 'Dell', Oem: { Dell: {} } } }, 'dell', 'Vendor "Dell"'],
  ['HPE', { root: { Vendor: 'HPE' } }, 'hpe', 'Vendor "HPE"'],
  ['Lenovo XCC', { root: { Vendor: 'Lenovo', Oem: { Lenovo: {} } } }, 'lenovo', 'Vendor "Lenovo"'],
  ['Lenovo on AMI', { root: { Vendor: 'Lenovo', Oem: { Ami: {} } } }, 'lenovo-ami', 'Vendor "Lenovo", Oem "Ami"'],
  [
    'Lenovo GB300',
    { root: { Vendor: 'AMI' }, systemManufacturer: 'Lenovo', systemModel: 'ThinkSystem GB300 tray' },
    'lenovo-gb300',
    'Vendor "AMI", system Manufacturer "Lenovo", system Model "ThinkSystem GB300 tray"',
  ],
  [
    'DGX H100',
    { root: { Vendor: 'AMI' }, systems: ['HGX_Baseboard_0', 'DGX'], managers: ['BMC'] },
    'dgx-h100',
    'Vendor "AMI", system "DGX", manager "BMC"',
  ],
  ['plain AMI', { root: { Vendor: 'AMI' }, systems: ['Self'], managers: ['Self'] }, 'ami', 'Vendor "AMI"'],
  [
    'AMI by its long name',
    { root: { Vendor: 'American Megatrends International LLC' } },
    'ami',
    'Vendor "American Megatrends International LLC"',
  ],
  ['ASRockRack', { root: { Vendor: 'ASRockRack' } }, 'ami', 'Vendor "ASRockRack"'],
  ['Giga Computing', { root: { Vendor: 'Giga Computing' } }, 'giga-computing', 'Vendor "Giga Computing"'],
  ['Supermicro', { root: { Vendor: 'Supermicro' } }, 'supermicro', 'Vendor "Supermicro"'],
  [
    'Supermicro GB NVL',
    { root: { Vendor: 'Supermicro', Product: 'GB NVL' } },
    'gbx00',
    'Vendor "Supermicro", Product "GB NVL"',
  ],
  ['GH200', { root: { Vendor: 'NVIDIA', Product: 'P3809' } }, 'gh200', 'Vendor "NVIDIA", Product "P3809"'],
  [
    'NVLink switch',
    { root: { Vendor: 'NVIDIA', Product: 'P3809' }, chassis: ['MGX_NVSwitch_0'] },
    'nvlink-switch',
    'Vendor "NVIDIA", Product "P3809", chassis "MGX_NVSwitch_0"',
  ],
  ['GB200', { root: { Vendor: 'NVIDIA', Product: 'GB200 NVL' } }, 'gbx00', 'Vendor "NVIDIA", Product "GB200 NVL"'],
  ['GB BMC', { root: { Vendor: 'NVIDIA', Product: 'GB BMC' } }, 'gbx00', 'Vendor "NVIDIA", Product "GB BMC"'],
  [
    'Vera Rubin',
    { root: { Vendor: 'NVIDIA', Product: 'VR NVL72' } },
    'vera-rubin',
    'Vendor "NVIDIA", Product "VR NVL72"',
  ],
  ['BlueField', { root: { Vendor: 'Nvidia', Product: 'anything' } }, 'bluefield', 'Vendor "Nvidia"'],
  ['Wiwynn', { root: { Vendor: 'WIWYNN' } }, 'gbx00', 'Vendor "WIWYNN"'],
  [
    'Lite-On by the root',
    { root: { Vendor: 'Lite-On Technology Corp.' } },
    'liteon',
    'Vendor "Lite-On Technology Corp."',
  ],
  ['Lite-On by its chassis', { chassisManufacturer: 'Lite-On' }, 'liteon', 'chassis Manufacturer "Lite-On"'],
  ['Delta by the root', { root: { Vendor: 'Delta Electronics Inc.' } }, 'delta', 'Vendor "Delta Electronics Inc."'],
  ['Delta by its chassis', { chassisManufacturer: 'Delta' }, 'delta', 'chassis Manufacturer "Delta"'],
  ['sushy-tools by its id', { root: { Id: 'RedvirtService' } }, 'sushy-tools', 'root Id "RedvirtService"'],
  ['sushy by its vendor', { root: { Vendor: 'Sushy' } }, 'sushy-tools', 'Vendor "Sushy"'],
  ['Dell by Oem', { root: { Oem: { Dell: {} } } }, 'dell', 'Oem "Dell"'],
  ['iLO 5 by Oem', { root: { Oem: { Hpe: {} } } }, 'hpe', 'Oem "Hpe"'],
  ['iLO 4 by Oem', { root: { Oem: { Hp: {} } } }, 'hpe', 'Oem "Hp"'],
  ['Huawei by Oem', { root: { Oem: { Huawei: {} } } }, 'huawei', 'Oem "Huawei"'],
  ['iRMC by Oem', { root: { Oem: { ts_fujitsu: {} } } }, 'fujitsu', 'Oem "ts_fujitsu"'],
  ['CIMC by Oem', { root: { Oem: { Cisco: {} } } }, 'cisco', 'Oem "Cisco"'],
  ['OpenBMC by Oem', { root: { Oem: { OpenBMC: {} } } }, 'openbmc', 'Oem "OpenBMC"'],
  ['a shelf by its chassis id', { chassis: ['powershelf'] }, 'liteon', 'chassis "powershelf"'],
  ['a DPU by its chassis id', { chassis: ['Card1'] }, 'bluefield', 'chassis "Card1"'],
  [
    'by the certificate',
    { certificateIssuer: 'Super Micro Computer' },
    'supermicro',
    'certificate issuer "Super Micro Computer"',
  ],
  ['by the system at last', { systemManufacturer: 'Dell Inc.' }, 'dell', 'system Manufacturer "Dell Inc."'],
  ['the root before the board', { root: { Vendor: 'HPE' }, systemManufacturer: 'Supermicro' }, 'hpe', 'Vendor "HPE"'],
  ['nothing known', { root: { Vendor: 'Contoso' } }, 'generic', 'no rule holds'],
  ['a root of nulls', { root: { Vendor: null, Product: null, Oem: null } }, 'generic', 'no rule holds'],
]

for (const [name, { root = {}, ...rest }, vendor, rule] of rows) {
  test(`the vendor is told and the rule named: ${name}`, async (t) => {
    t.match(detectVendor({ root: root as VendorEvidence['root'], ...rest }), { vendor, rule, source: /./ })
  })
}

test('no rule stands behind another that always holds before it', async (t) => {
  const text = (wanted: string | RegExp) => (typeof wanted === 'string' ? wanted : undefined)
  for (const [at, rule] of vendorRules.entries()) {
    const shadow = vendorRules.slice(0, at).find(({ when }) =>
      Object.entries(when).every(([name, wanted]) => {
        const mine = text(Object.entries(rule.when).find(([other]) => other === name)?.[1] ?? /$^/)
        return mine !== undefined && (typeof wanted === 'string' ? wanted === mine : wanted.test(mine))
      }),
    )
    t.equal(shadow, undefined, JSON.stringify(rule.when))
  }
})

test('the family of AMI takes any ETag', async (t) => {
  t.same((['ami', 'lenovo-ami', 'dgx-h100', 'lenovo', 'dell'] as const).map(wantsAnyETag), [
    true,
    true,
    true,
    false,
    false,
  ])
})
