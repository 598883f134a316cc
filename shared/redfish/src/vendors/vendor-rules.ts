/** Families of BMCs that behave alike. `generic` keeps to the standard as far as anybody knows. */
export type Vendor =
  | 'dell'
  | 'hpe'
  | 'lenovo'
  /** Lenovo's machines with AMI's firmware. */
  | 'lenovo-ami'
  | 'lenovo-gb300'
  | 'supermicro'
  | 'ami'
  | 'giga-computing'
  /** NVIDIA DGX H100, whose firmware is AMI's. */
  | 'dgx-h100'
  | 'gh200'
  /** GB200 and GB300 compute trays, of whatever brand. */
  | 'gbx00'
  | 'vera-rubin'
  | 'nvlink-switch'
  | 'bluefield'
  | 'liteon'
  | 'delta'
  | 'cisco'
  | 'huawei'
  | 'fujitsu'
  | 'openbmc'
  | 'sushy-tools'
  | 'generic'

/** Texts that the rules look at, compared in lower case. */
export type EvidenceName =
  /** `Vendor` of the root. */
  | 'Vendor'
  /** `Product` of the root. */
  | 'Product'
  /** `Id` of the root. */
  | 'root Id'
  /** A key under `Oem` of the root. */
  | 'Oem'
  /** Last part of a system's, manager's or chassis' path. */
  | 'system'
  | 'manager'
  | 'chassis'
  | 'system Manufacturer'
  | 'system Model'
  | 'chassis Manufacturer'
  /** Organisation of the issuer of the TLS certificate. */
  | 'certificate issuer'

export interface VendorRule {
  readonly vendor: Vendor
  /** All must hold: the text itself in lower case, or a pattern of it. */
  readonly when: Readonly<Partial<Record<EvidenceName, string | RegExp>>>
  /** Whose program goes by this, and where. */
  readonly source: string
}

const rootTable = 'libredfish, model/service_root.rs'
const network = 'libredfish, network.rs'
const siteExplorer = 'NVIDIA infra-controller, site-explorer/redfish.rs'
const bmcVendor = 'NVIDIA infra-controller, bmc-vendor/src/lib.rs'
const endpoints = 'NVIDIA infra-controller, endpoints_reference.md'
const management = 'Ironic, drivers/modules/redfish/management.py'
/** Names the vendor's own key; no program that was read goes by it. */
const ownKey = 'the name that the vendor registered for Oem'

/** The first rule that holds decides: exact ones first, then the root's names, then what costs further requests. */
export const vendorRules: readonly VendorRule[] = [
  { vendor: 'lenovo-ami', when: { Vendor: 'lenovo', Oem: 'ami' }, source: network },
  {
    vendor: 'lenovo-gb300',
    when: { Vendor: 'ami', 'system Manufacturer': /lenovo/, 'system Model': /gb300/ },
    source: network,
  },
  { vendor: 'dgx-h100', when: { Vendor: 'ami', system: 'dgx', manager: 'bmc' }, source: network },
  {
    vendor: 'nvlink-switch',
    when: { Vendor: 'nvidia', Product: 'p3809', chassis: 'mgx_nvswitch_0' },
    source: rootTable,
  },
  { vendor: 'gh200', when: { Vendor: 'nvidia', Product: 'p3809' }, source: rootTable },
  { vendor: 'gbx00', when: { Vendor: 'nvidia', Product: /^gb(200 nvl| bmc)$/ }, source: rootTable },
  { vendor: 'vera-rubin', when: { Vendor: 'nvidia', Product: 'vr nvl72' }, source: rootTable },
  { vendor: 'bluefield', when: { Vendor: 'nvidia' }, source: rootTable },
  { vendor: 'gbx00', when: { Vendor: 'wiwynn' }, source: rootTable },
  { vendor: 'gbx00', when: { Vendor: 'supermicro', Product: 'gb nvl' }, source: rootTable },
  { vendor: 'dell', when: { Vendor: /^dell( inc\.?)?$/ }, source: rootTable },
  { vendor: 'hpe', when: { Vendor: 'hpe' }, source: rootTable },
  { vendor: 'lenovo', when: { Vendor: 'lenovo' }, source: rootTable },
  { vendor: 'supermicro', when: { Vendor: 'supermicro' }, source: rootTable },
  { vendor: 'giga-computing', when: { Vendor: 'giga computing' }, source: rootTable },
  { vendor: 'ami', when: { Vendor: /^ami$|american megatrends|asrockrack/ }, source: `${rootTable}; ${management}` },
  { vendor: 'liteon', when: { Vendor: 'lite-on technology corp.' }, source: rootTable },
  { vendor: 'delta', when: { Vendor: 'delta electronics inc.' }, source: rootTable },
  { vendor: 'sushy-tools', when: { Vendor: /^(sushy|redvirt)$/ }, source: rootTable },
  { vendor: 'sushy-tools', when: { 'root Id': 'redvirtservice' }, source: rootTable },
  { vendor: 'cisco', when: { Vendor: /^cisco/ }, source: ownKey },
  { vendor: 'huawei', when: { Vendor: /^(huawei|xfusion)/ }, source: ownKey },
  { vendor: 'fujitsu', when: { Vendor: /^(fujitsu|fsas)/ }, source: ownKey },
  { vendor: 'openbmc', when: { Vendor: 'openbmc' }, source: ownKey },
  { vendor: 'dell', when: { Oem: 'dell' }, source: rootTable },
  { vendor: 'hpe', when: { Oem: /^hpe?$/ }, source: rootTable },
  { vendor: 'lenovo', when: { Oem: 'lenovo' }, source: rootTable },
  { vendor: 'supermicro', when: { Oem: 'supermicro' }, source: rootTable },
  { vendor: 'ami', when: { Oem: 'ami' }, source: rootTable },
  { vendor: 'bluefield', when: { Oem: 'nvidia', chassis: 'card1' }, source: endpoints },
  { vendor: 'cisco', when: { Oem: 'cisco' }, source: ownKey },
  { vendor: 'huawei', when: { Oem: /^(huawei|xfusion)$/ }, source: ownKey },
  { vendor: 'fujitsu', when: { Oem: 'ts_fujitsu' }, source: ownKey },
  { vendor: 'openbmc', when: { Oem: 'openbmc' }, source: ownKey },
  { vendor: 'liteon', when: { 'chassis Manufacturer': /^lite-?on/ }, source: siteExplorer },
  { vendor: 'delta', when: { 'chassis Manufacturer': /^delta/ }, source: siteExplorer },
  { vendor: 'nvlink-switch', when: { chassis: 'mgx_nvswitch_0' }, source: endpoints },
  { vendor: 'liteon', when: { chassis: 'powershelf' }, source: endpoints },
  { vendor: 'bluefield', when: { chassis: 'card1' }, source: endpoints },
  { vendor: 'lenovo', when: { 'certificate issuer': 'lenovo' }, source: bmcVendor },
  { vendor: 'dell', when: { 'certificate issuer': 'dell inc.' }, source: bmcVendor },
  { vendor: 'supermicro', when: { 'certificate issuer': /^super micro computer/ }, source: bmcVendor },
  { vendor: 'hpe', when: { 'certificate issuer': 'hewlett packard enterprise' }, source: bmcVendor },
  { vendor: 'ami', when: { 'certificate issuer': /^american megatrends/ }, source: bmcVendor },
  { vendor: 'openbmc', when: { 'certificate issuer': 'openbmc' }, source: bmcVendor },
  // The last: it may be the board's maker.
  { vendor: 'dell', when: { 'system Manufacturer': /^dell/ }, source: management },
  { vendor: 'hpe', when: { 'system Manufacturer': /^(hpe|hewlett packard enterprise)/ }, source: management },
  { vendor: 'lenovo', when: { 'system Manufacturer': /^lenovo/ }, source: management },
  { vendor: 'supermicro', when: { 'system Manufacturer': /^super ?micro/ }, source: management },
  { vendor: 'ami', when: { 'system Manufacturer': /american megatrends|asrockrack/ }, source: management },
]
