import type { AcCycleRule, Rules } from './rules.ts'

/**
 * What BMCs do otherwise than the standard says, the more special first. Sources: LR is NVIDIA's libredfish (a file of src/), NICo is
 * NVIDIA's infra-controller, IR openstack/ironic, SU openstack/sushy, GF stmcginnis/gofish. None was seen on hardware here.
 */

const lenovoAcCycle: AcCycleRule = {
  at: 'system',
  action: '#LenovoComputerSystem.SystemReset',
  path: 'Actions/Oem/LenovoComputerSystem.SystemReset',
  body: { ResetType: 'ACPowerCycle' },
}

/** The BMC goes away too. AuxPowerCycleForce would not wait for the host to be off. */
const nvidiaAcCycle: AcCycleRule = {
  at: 'chassis',
  action: '#NvidiaChassis.AuxPowerReset',
  path: 'Actions/Oem/NvidiaChassis.AuxPowerReset',
  body: { ResetType: 'AuxPowerCycle' },
}

const lenovo = { acCycle: lenovoAcCycle, sel: ['SEL'], resetBios: { body: { ResetType: 'Reset' } } } as const
const grace = { bootAt: 'settings', acCycle: nvidiaAcCycle, resetBios: { body: {} } } as const

export const ruleTable: readonly Rules[] = [
  {
    name: 'dgx-h100',
    match: { vendor: /^ami$/, systemId: /^dgx$/ },
    source: 'LR nvidia_viking.rs: override at the settings resource with its ETag; NICo needs_ipmi_restart',
    reset: 'ipmi',
    bootAt: 'settings',
    sel: ['SEL'],
    resetBios: 'nvidia-clear-nvram',
  },
  {
    name: 'lenovo-sr650-v4',
    match: { vendor: /^lenovo$/, model: /sr650 v4/ },
    source: "NICo needs_ipmi_restart, #347: Redfish restarts cut the DPU's power",
    ...lenovo,
    reset: 'ipmi',
  },
  {
    name: 'lenovo-sr675-v3-ovx',
    match: { vendor: /^lenovo$/, sku: /^7d9rctolww$/ },
    source: 'LR lenovo.rs: ForceRestart can hang the machine, GracefulRestart is not reliable',
    ...lenovo,
    reset: 'off-on',
  },
  {
    name: 'lenovo-ami',
    match: { vendor: /^lenovo$/, oem: 'ami' },
    source: 'LR+ network.rs, ami.rs',
    bootAt: 'system',
    ifMatch: '*',
  },
  {
    name: 'lenovo-xcc',
    match: { vendor: /^lenovo$/ },
    source: 'LR lenovo.rs',
    ...lenovo,
  },
  {
    name: 'dell',
    match: { vendor: /^dell/ },
    source: 'LR dell.rs',
    acCycle: { at: 'dell-bios' },
    sel: ['Sel'],
  },
  {
    name: 'hpe',
    match: { vendor: /^(hpe|hp|hewlett packard)/ },
    source: 'LR hpe.rs: GracefulRestart is the warm reset of iLO; IML is under the system',
    reset: ['GracefulRestart', 'ForceRestart'],
    acCycle: {
      at: 'system',
      action: '#HpeComputerSystemExt.SystemReset',
      path: 'Actions/Oem/Hpe/HpeComputerSystemExt.SystemReset',
      body: { ResetType: 'AuxCycle' },
    },
    sel: ['IML', 'IEL'],
  },
  {
    name: 'nvidia-gbx00',
    match: { vendor: /^(nvidia|wiwynn|supermicro)$/, product: /gb200 nvl|gb300 nvl|gb bmc|gb nvl|vr nvl/ },
    source: 'LR nvidia_gbx00.rs, nvidia_vera_rubin.rs, LR+ service_root.rs',
    ...grace,
  },
  {
    name: 'nvidia-gh200',
    match: { vendor: /^nvidia$/, product: /p3809/ },
    source: 'LR nvidia_gh200.rs',
    ...grace,
  },
  {
    name: 'nvidia-bluefield',
    match: { vendor: /^nvidia$/ },
    source: 'LR nvidia_dpu.rs: override at the settings resource; no AC cycle',
    bootAt: 'settings',
  },
  {
    name: 'wiwynn',
    match: { vendor: /^wiwynn$/ },
    source: 'LR+ service_root.rs',
    ...grace,
  },
  {
    name: 'supermicro',
    match: { vendor: /^(supermicro|super micro)/ },
    source: 'LR supermicro.rs; GF oem/smc/computersystem.go (UsbCd); SU: Cd on ARS-111GL-NHR',
    cd: ['UsbCd', 'Cd'],
    acCycle: {
      at: 'system',
      action: '#OemSystemExtensions.Reset',
      path: 'Actions/Oem/OemSystemExtensions.Reset',
      body: { ResetType: 'ACCycle' },
    },
  },
  {
    name: 'lite-on-shelf',
    match: { manufacturer: /^lite-?on/ },
    source: 'LR+ liteon_powershelf.rs; NICo powershelf-manager',
    powerBySupplies: true,
    sel: ['EventLog'],
  },
  {
    name: 'delta-shelf',
    match: { vendor: /^delta electronics/ },
    source: 'LR+ delta_powershelf.rs: no Systems',
    powerBySupplies: true,
    sel: ['EventLog'],
  },
  {
    name: 'ami',
    match: { vendor: /^(ami|american megatrends|giga computing)/ },
    source: 'LR+ ami.rs, giga_computing_ami.rs: override at the system, If-Match *; IR redfish/management.py',
    bootAt: 'system',
    ifMatch: '*',
  },
  {
    name: 'ami-asrockrack',
    match: { manufacturer: /^asrock/ },
    source: 'IR redfish/management.py',
    bootAt: 'system',
    ifMatch: '*',
  },
]

/** By the book. */
export const standardRules: Rules = { name: 'standard', match: {}, source: 'DSP0266, DSP0268' }
