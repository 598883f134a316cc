import { type Personality, standard } from './personality.ts'

/** LR dell.rs, network.rs (409 for what is so already); IR redfish/boot.py (media busy after an eject). */
const dell: Personality = {
  ...standard,
  vendor: 'Dell',
  product: 'Integrated Dell Remote Access Controller',
  rootOem: { Dell: { '@odata.type': '#DellServiceRoot.v1_0_0.DellServiceRoot', IsBranded: 0 } },
  systemId: 'System.Embedded.1',
  managerId: 'iDRAC.Embedded.1',
  chassisId: 'System.Embedded.1',
  manufacturer: 'Dell Inc.',
  model: 'PowerEdge R760',
  firmware: '7.10.50.00',
  managerResetTypes: ['GracefulRestart'],
  mediaAt: 'manager',
  media: [
    { id: 'CD', mediaTypes: ['CD', 'DVD'], hasActions: true },
    { id: 'RemovableDisk', mediaTypes: ['USBStick'], hasActions: true },
  ],
  biosAttributes: {
    BootMode: 'Uefi',
    PowerCycleRequest: 'None',
    SerialComm: 'OnConRedirAuto',
    HttpDev1EnDis: 'Disabled',
  },
  quirks: { maxSessions: 6, redundantReset: 409, mediaBusyMs: 500 },
}

/**
 * BMCs by vendor, as programs that drive such BMCs in production find them. Sources: LR is NVIDIA's libredfish
 * (src/dell.rs and so on), IR is openstack/ironic, SU is openstack/sushy, NICo is NVIDIA's infra-controller. None was
 * seen on hardware.
 */
export const personalities = {
  standard,

  dell,

  /** IR redfish/power.py, conf/redfish.py: On shortly after an off is refused; media under the system. */
  idrac10: {
    ...dell,
    model: 'PowerEdge R770',
    firmware: '1.20.25.00',
    mediaAt: 'system',
    media: [
      { id: '1', mediaTypes: ['CD', 'DVD', 'USBStick'], hasActions: true },
      { id: '2', mediaTypes: ['CD', 'DVD', 'USBStick'], hasActions: true },
    ],
    biosAttributes: { BootMode: 'Uefi', PowerCycleRequest: 'None', SerialComm: 'OnConRedirAuto' },
    quirks: { maxSessions: 8, redundantReset: 409, conflictAfterOffMs: 2000 },
  },

  /** LR hpe.rs; IR redfish/management.py (refusals during POST); #69, #310 of NICo (401 now and then, by a rule). */
  hpe: {
    ...standard,
    vendor: 'HPE',
    product: 'ProLiant DL380 Gen11',
    rootOem: { Hpe: { '@odata.type': '#HpeiLOServiceExt.v2_4_0.HpeiLOServiceExt' } },
    manufacturer: 'HPE',
    model: 'ProLiant DL380 Gen11',
    firmware: 'iLO 6 v1.58',
    resetTypes: ['On', 'ForceOff', 'GracefulShutdown', 'GracefulRestart', 'ForceRestart', 'Nmi', 'PushPowerButton'],
    mediaAt: 'manager',
    media: [
      { id: '1', mediaTypes: ['Floppy', 'USBStick'], hasActions: true },
      { id: '2', mediaTypes: ['CD', 'DVD'], hasActions: true },
    ],
    biosSettings: 'Bios/settings',
    biosAttributes: { Dhcpv4: 'Enabled', HttpSupport: 'Auto', SerialConsolePort: 'Virtual', UsbBoot: 'Enabled' },
    standbyCut: {
      at: 'system',
      action: '#HpeComputerSystemExt.SystemReset',
      path: 'Actions/Oem/Hpe/HpeComputerSystemExt.SystemReset',
      resetType: 'AuxCycle',
      needsOff: true,
    },
    quirks: { maxSessions: 20 },
  },

  /** LR lenovo.rs, network.rs (204 for what is so already); Lenovo XCC wants ETags. */
  lenovo: {
    ...standard,
    vendor: 'Lenovo',
    rootOem: { Lenovo: { '@odata.type': '#LenovoServiceRoot.v1_0_0.LenovoServiceRoot' } },
    manufacturer: 'Lenovo',
    model: 'ThinkSystem SR650 V2',
    firmware: '4.20',
    media: [
      { id: 'EXT1', mediaTypes: ['CD', 'DVD'], hasActions: true },
      { id: 'RDOC1', mediaTypes: ['CD', 'DVD'], hasActions: false },
    ],
    biosSettings: 'Bios/Pending',
    biosAttributes: { BootModes_SystemBootMode: 'UEFIMode', NetworkStackSettings_IPv4PXESupport: 'Enabled' },
    standbyCut: {
      at: 'system',
      action: '#LenovoComputerSystem.SystemReset',
      path: 'Actions/Oem/LenovoComputerSystem.SystemReset',
      resetType: 'ACPowerCycle',
      needsOff: false,
    },
    quirks: { ifMatch: 428 },
  },

  /** LR supermicro.rs; IR redfish/management.py (Enabled in every request); gofish's oem/smc (target UsbCd). */
  supermicro: {
    ...standard,
    vendor: 'Supermicro',
    rootOem: { Supermicro: { '@odata.type': '#SmcServiceRootExtensions.v1_0_0.ServiceRoot' } },
    manufacturer: 'Supermicro',
    model: 'SYS-221H-TNR',
    firmware: '01.03.20',
    bootTargets: ['None', 'Pxe', 'Floppy', 'Cd', 'Usb', 'Hdd', 'BiosSetup'],
    mediaAt: 'manager',
    media: [
      { id: 'VirtualMedia1', mediaTypes: ['CD', 'DVD'], hasActions: true },
      { id: 'VirtualMedia2', mediaTypes: ['CD', 'DVD'], hasActions: true },
    ],
    biosSettings: 'Bios/SD',
    biosAttributes: { QuietBoot_002E: false, IPv4PXESupport: 'Enabled', Re_tryBoot: 'EFI Boot' },
    standbyCut: {
      at: 'system',
      action: '#OemSystemExtensions.Reset',
      path: 'Actions/Oem/OemSystemExtensions.Reset',
      resetType: 'ACCycle',
      needsOff: false,
    },
    quirks: { maxSessions: 16, sessionLifetimeMs: 300_000, bootNeeds: ['BootSourceOverrideEnabled'] },
  },

  /** LR+ ami.rs; IR redfish/management.py (target, mode and enabled in every request); issues: 428 and no weak tags. */
  ami: {
    ...standard,
    vendor: 'AMI',
    product: 'AMI Redfish Server',
    rootOem: { Ami: { '@odata.type': '#AMIServiceRoot.v1_0_0.AMIServiceRoot' } },
    systemId: 'Self',
    managerId: 'Self',
    chassisId: 'Self',
    manufacturer: 'ASRockRack',
    model: '1U12LW-C242',
    firmware: '13.02',
    managerResetTypes: ['ForceRestart'],
    mediaAt: 'manager',
    media: [
      { id: 'USB1', mediaTypes: ['USBStick'], hasActions: true },
      { id: 'CD1', mediaTypes: ['CD', 'DVD'], hasActions: true },
    ],
    systemSettings: 'SD',
    biosSettings: 'Bios/SD',
    biosAttributes: { TER001: 'Enabled', NWSK000: 'Enabled', FBO001: 'UEFI' },
    quirks: {
      ifMatch: 428,
      patchStatus: 204,
      bootNeeds: ['BootSourceOverrideTarget', 'BootSourceOverrideEnabled', 'BootSourceOverrideMode'],
    },
  },

  /** LR nvidia_viking.rs: override at the settings resource; NICo: HGX_ systems answer 503 while the host is off. */
  dgxH100: {
    ...standard,
    vendor: 'AMI',
    rootOem: { Ami: { '@odata.type': '#AMIServiceRoot.v1_0_0.AMIServiceRoot' } },
    systemId: 'DGX',
    managerId: 'BMC',
    chassisId: 'DGX',
    baseboards: ['HGX_Baseboard_0'],
    manufacturer: 'NVIDIA',
    model: 'DGXH100',
    firmware: '23.11.09',
    managerResetTypes: ['ForceRestart'],
    systemSettings: 'SD',
    biosSettings: 'Bios/SD',
    biosAttributes: { AcpiSpcrConsoleRedirectionEnable: true, Ipv4Http: 'Enabled', KcsInterfaceDisable: 'Allow All' },
    quirks: { ifMatch: 428, patchStatus: 204, overrideAt: 'settings', baseboardNeedsHost: true },
  },

  /** LR nvidia_gbx00.rs, LR+ network.rs: baseboard before the host, 503 while it is off; power cut by the chassis. */
  gb200: {
    ...standard,
    vendor: 'NVIDIA',
    product: 'GB200 NVL',
    rootOem: { Nvidia: { '@odata.type': '#NvidiaServiceRoot.v1_0_0.NvidiaServiceRoot' } },
    systemId: 'System_0',
    managerId: 'BMC_0',
    chassisId: 'Chassis_0',
    baseboards: ['HGX_Baseboard_0'],
    moreChassis: ['BMC_0'],
    manufacturer: 'NVIDIA',
    model: 'GB200 NVL',
    firmware: '25.01',
    systemSettings: 'Settings',
    biosAttributes: { EmbeddedUefiShell: 'Disabled', Socket0Pcie6DisableOptionROM: false },
    standbyCut: {
      at: { chassis: 'BMC_0' },
      action: '#NvidiaChassis.AuxPowerReset',
      path: 'Actions/Oem/NvidiaChassis.AuxPowerReset',
      resetType: 'AuxPowerCycle',
      forcedType: 'AuxPowerCycleForce',
      needsOff: true,
    },
    quirks: { overrideAt: 'settings', baseboardNeedsHost: true, maxSessions: 64 },
  },

  /** Documented by the OpenBMC project's bmcweb: ids, 64 sessions, no ETags at many resources. */
  openbmc: {
    ...standard,
    vendor: 'OpenBMC',
    rootOem: { OpenBMC: { '@odata.type': '#OpenBMCServiceRoot.v1_0_0.OpenBMC' } },
    systemId: 'system',
    managerId: 'bmc',
    chassisId: 'chassis',
    manufacturer: 'OpenBMC',
    model: 'Evaluation board',
    firmware: '2.14.0',
    bootModes: [],
    mediaAt: 'manager',
    media: [
      { id: 'Slot_0', mediaTypes: ['CD', 'USBStick'], hasActions: false },
      { id: 'Slot_1', mediaTypes: ['CD', 'USBStick'], hasActions: true },
    ],
    quirks: { maxSessions: 64, etags: 'none', patchStatus: 204 },
  },

  /** IR redfish/boot.py: slots for the remote console come first; four sessions. */
  cisco: {
    ...standard,
    vendor: 'Cisco Systems Inc.',
    rootOem: { Cisco: { '@odata.type': '#CiscoUCSExtensions.v1_0_0.CiscoUCSExtensions' } },
    systemId: 'WZP26330JAB',
    managerId: 'CIMC',
    manufacturer: 'Cisco Systems Inc',
    model: 'UCSC-C220-M6S',
    firmware: '4.3(2)',
    mediaAt: 'manager',
    media: [
      { id: '0', mediaTypes: ['CD', 'DVD'], hasActions: false },
      { id: '1', mediaTypes: ['DVD'], hasActions: true },
    ],
    quirks: { maxSessions: 4 },
  },

  /** Issues: 412 where If-Match is missing; four sessions. */
  huawei: {
    ...standard,
    vendor: 'Huawei',
    rootOem: { Huawei: { '@odata.type': '#HuaweiServiceRoot.v1_0_0.HuaweiServiceRoot' } },
    manufacturer: 'Huawei',
    model: '2288H V6',
    firmware: '3.08',
    quirks: { maxSessions: 4, ifMatch: 412 },
  },

  /** NICo bmc-mock: the supplies tell the power; the system's own PowerState does not. */
  powerShelf: {
    ...standard,
    systemId: 'system',
    managerId: 'bmc',
    chassisId: 'powershelf',
    manufacturer: 'Lite-On Technology Corp.',
    model: 'PF-1333-7R',
    firmware: '1.5.8',
    quirks: { powerBySupplies: true },
  },

  /** NICo: a Delta shelf has no Systems at all. */
  deltaShelf: {
    ...standard,
    vendor: 'Delta Electronics Inc.',
    managerId: 'bmc',
    chassisId: 'chassis',
    hasNoSystems: true,
    manufacturer: 'Delta Electronics Inc.',
    model: 'ECD16020098',
    firmware: '2.1.0',
    quirks: { powerBySupplies: true },
  },

  /** openstack/sushy-tools: no sessions; an override for once reads back as one for ever. */
  sushyTools: {
    ...standard,
    product: 'RedvirtService',
    systemId: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
    managerId: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
    chassisId: '15693887-7984-9484-3272-842188918912',
    manufacturer: 'Contoso',
    model: 'Virtual machine',
    mediaAt: 'manager',
    quirks: { noSessions: true, onceReadsContinuous: true, patchStatus: 204 },
  },
} as const satisfies Record<string, Personality>

export type PersonalityName = keyof typeof personalities
