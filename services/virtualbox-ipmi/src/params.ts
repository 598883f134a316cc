import { defineParam, type ParamValues, required } from '@powerbus/plugin-sdk'
import { networkKinds } from './hypervisor/vm.ts'

/** How pages show a param. */
const look = (icon: string) => ({ icon, color: 'blue', title: 'Powerbus' })

export const user = defineParam({
  name: 'virtualbox/user',
  description: 'Host user that owns the VMs',
  documentation:
    'If the plugin runs as another user, it runs VBoxManage through sudo -n -u USER; allow exactly that in sudoers. The file backend needs a value and does not use it.',
  schema: { type: 'string', minLength: 1 },
  meta: look('user circle'),
})

export const id = defineParam({
  name: 'virtualbox/id',
  description: 'UUID of the VM, in upper case; set by the plugin',
  documentation: 'Do not change it.',
  schema: { type: 'string' },
  meta: { ...look('tag'), readonly: 'yes' },
})

export const name = defineParam({
  name: 'virtualbox/name',
  description: 'Name of the VM in VirtualBox',
  schema: { type: 'string' },
  meta: look('tag'),
})

/** Params of the plugin object. */
export const pluginParams = [
  required(user),
  defineParam({
    name: 'virtualbox/backend',
    description: 'Hypervisor',
    documentation:
      'virtualbox: VirtualBox, through VBoxManage. file: simulated VMs, for labs, tests and demos; each is a JSON file in the folder virtualbox/vm-path, and its state changes take time.',
    schema: { type: 'string', enum: ['virtualbox', 'file'], default: 'virtualbox' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/vm-path',
    description: 'Folder for the disks of new VMs; with the file backend, the folder of its VMs',
    documentation:
      "Default: VirtualBox's default machine folder; with the file backend, vms in the plugin's working directory.",
    schema: { type: 'string' },
    meta: look('user circle'),
  }),
  defineParam({
    name: 'virtualbox/command',
    description: 'Path of VBoxManage; default: VBoxManage or vboxmanage on the PATH',
    schema: { type: 'string' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/network-kind',
    description: 'Kind of the network over which new VMs boot; default: what the host has',
    documentation:
      'hostonly: an adapter of the host, such as vboxnet0. hostonlynet: a host-only network, which macOS has since VirtualBox 7.0 in place of adapters. bridged: the network of an adapter of the host. intnet: an internal network. natnetwork: a NAT network. If it is not set, a host-only network is chosen, or a NAT network if there is none. A second adapter of each VM is behind NAT.',
    schema: { type: 'string', enum: networkKinds },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/network-name',
    description: 'Name of that network, or of the adapter of the host; default: the first that is up',
    documentation:
      'As VBoxManage list hostonlyifs, hostonlynets, bridgedifs or natnets prints it. If the kind is not set, it is the kind of the network of this name.',
    schema: { type: 'string' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/import',
    description: 'Make a machine for each VM without one, when the plugin is configured',
    documentation: 'The plugin powers imported VMs, and never deletes them.',
    schema: { type: 'boolean', default: true },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/start-created',
    description: 'Start each VM that the plugin makes',
    schema: { type: 'boolean', default: false },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/powered-by',
    description: 'Plugin that powers the machines of the VMs',
    documentation:
      'virtualbox: this plugin; the machines get virtualbox/id. ipmi: the ipmi plugin, through emulated BMCs (set virtualbox/bmc-address); the machines get no virtualbox/id, so that the endpoint does not choose this plugin for power and boot.',
    schema: { type: 'string', enum: ['virtualbox', 'ipmi'], default: 'virtualbox' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/bmc-address',
    description: 'Address of this host for emulated BMCs; empty: no emulated BMCs',
    documentation:
      'An IPv4 or IPv6 address of the host that consoles can reach, and not 0.0.0.0 or ::. With 127.0.0.1, only consoles on the same host can.',
    schema: { type: 'string', default: '' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/bmc-base-port',
    description: 'First UDP port of the emulated BMCs',
    documentation: 'Each VM keeps its port. Ports in use by other programs are skipped.',
    schema: { type: 'integer', minimum: 1, maximum: 65535, default: 6230 },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/bmc-spread',
    description: 'Whether emulated BMCs differ by port or by address',
    documentation:
      'port: each has its own port, from virtualbox/bmc-base-port upwards, at virtualbox/bmc-address. address: each has its own IPv4 address, from virtualbox/bmc-address upwards, at port virtualbox/bmc-base-port; the host must have these addresses.',
    schema: { type: 'string', enum: ['port', 'address'], default: 'port' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/redfish-port',
    description: 'TCP port of a Redfish service whose systems are the VMs; if it is not set, there is none',
    documentation:
      'At virtualbox/bmc-address, with the login of the emulated BMCs, by TLS with a certificate made at each start. The id of a system is the UUID of its VM, in upper case. The machines get ipmi/port-redfish and ipmi/system-id; set their ipmi/mode to redfish or auto to use it.',
    schema: { type: 'integer', minimum: 1, maximum: 65535 },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/bmc-username',
    description: 'User name of the emulated BMCs',
    documentation: 'At most 16 bytes of UTF-8.',
    schema: { type: 'string', default: 'admin' },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/bmc-password',
    description: 'Password of the emulated BMCs; required with virtualbox/bmc-address',
    documentation: 'At most 20 bytes of UTF-8.',
    schema: { type: 'string' },
    secure: true,
    meta: look('tag'),
  }),
] as const

/** Size of a new VM. */
export const sizes = [
  defineParam({
    name: 'virtualbox/cpus',
    description: 'Processors of a new VM',
    schema: { type: 'integer', minimum: 1, maximum: 256, default: 2 },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/disk-size-mb',
    description: 'Size of the disk of a new VM, in mebibytes',
    schema: { type: 'integer', minimum: 1, maximum: 2_097_152, default: 20_480 },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/mem-size-mb',
    description: 'Memory of a new VM, in mebibytes',
    schema: { type: 'integer', minimum: 4, maximum: 2_097_152, default: 2048 },
    meta: look('tag'),
  }),
  defineParam({
    name: 'virtualbox/vram-size-mb',
    description: 'Video memory of a new VM, in mebibytes',
    schema: { type: 'integer', minimum: 1, maximum: 256, default: 128 },
    meta: look('tag'),
  }),
] as const

/** The size in the words of a hypervisor. */
export function sizeOf(params: ParamValues<typeof sizes>) {
  return {
    cpus: params['virtualbox/cpus'],
    diskMb: params['virtualbox/disk-size-mb'],
    memoryMb: params['virtualbox/mem-size-mb'],
    vramMb: params['virtualbox/vram-size-mb'],
  }
}
