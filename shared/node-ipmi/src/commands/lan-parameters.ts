/** Parameter selectors of the LAN configuration. §23.2, table 23-4. All multi-byte addresses are in network order. */
export const LanParameter = {
  /** 1 byte. */
  setInProgress: 0,
  /** 1 byte: bit 0 none, 1 MD2, 2 MD5, 4 password, 5 OEM. */
  authenticationTypes: 1,
  /** 5 bytes: authentication types of callback, user, operator, administrator and OEM level. */
  authenticationEnables: 2,
  /** 4 bytes. */
  address: 3,
  /** 1 byte: a value of LanAddressSource. */
  addressSource: 4,
  /** 6 bytes. */
  macAddress: 5,
  /** 4 bytes. */
  subnetMask: 6,
  /** 3 bytes: time to live, flags, precedence and type of service. */
  ipv4Header: 7,
  /** 2 bytes, least significant byte first. */
  primaryPort: 8,
  /** 1 byte: bit 0 gratuitous ARP, bit 1 ARP responses. */
  arpControl: 10,
  /** 1 byte: half seconds. */
  gratuitousArpInterval: 11,
  /** 4 bytes. */
  defaultGateway: 12,
  /** 6 bytes. */
  defaultGatewayMac: 13,
  /** 4 bytes. */
  backupGateway: 14,
  /** 6 bytes. */
  backupGatewayMac: 15,
  /** 18 bytes: community string of the alerts. */
  community: 16,
  /** 1 byte: number of alert destinations beside the volatile one. */
  destinations: 17,
  /** 2 bytes: VLAN ID, bit 15 enabled. */
  vlanId: 20,
  /** 1 byte. */
  vlanPriority: 21,
  /** 1 byte: number of cipher suites. */
  cipherSuiteCount: 22,
  /** 1 reserved byte, then the IDs of up to 16 suites. */
  cipherSuites: 23,
  /** 1 reserved byte, then 4 bits for each suite of `cipherSuites`: its highest privilege level, 0 unspecified. */
  cipherSuitePrivileges: 24,
} as const

export const LanAddressSource = { unspecified: 0, static: 1, dhcp: 2, bios: 3, other: 4 } as const

export type LanAddressSourceName = keyof typeof LanAddressSource
