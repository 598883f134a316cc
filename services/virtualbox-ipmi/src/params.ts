import { defineParam, required } from '@powerbus/plugin-sdk'

export const backend = defineParam({
  name: 'virtualbox/backend',
  description: 'What runs the VMs',
  documentation:
    'virtualbox: VirtualBox, by its program VBoxManage. file: VMs that are JSON files in the folder virtualbox/vm-path, with states that take time; nothing runs in them. For labs, tests and demos.',
  schema: { type: 'string', enum: ['virtualbox', 'file'], default: 'virtualbox' },
})

export const user = defineParam({
  name: 'virtualbox/user',
  description: 'The user of this host whose VMs they are',
  documentation:
    'Where the plugin runs as another user, VBoxManage is run by sudo -n -u USER: allow exactly that in sudoers. The backend file needs a value and does not use it.',
  schema: { type: 'string', minLength: 1 },
})

export const vmPath = defineParam({
  name: 'virtualbox/vm-path',
  description: 'Folder for the disks of new VMs; for the backend file, the folder of its VMs',
  documentation:
    "Default: VirtualBox's own default machine folder; for the backend file, a folder in the plugin's working directory.",
  schema: { type: 'string' },
})

export const command = defineParam({
  name: 'virtualbox/command',
  description: 'Path of VBoxManage; default: VBoxManage or vboxmanage on the PATH',
  schema: { type: 'string' },
})

export const importVms = defineParam({
  name: 'virtualbox/import',
  description: 'Make a machine for each VM of the host that has none, when the plugin is configured',
  documentation: 'Imported VMs are powered, and never deleted: only VMs that this plugin made are.',
  schema: { type: 'boolean', default: true },
})

export const startCreated = defineParam({
  name: 'virtualbox/start-created',
  description: 'Start a VM when it has been made for a machine',
  schema: { type: 'boolean', default: false },
})

export const poweredBy = defineParam({
  name: 'virtualbox/powered-by',
  description: 'Which plugin powers the machines that this plugin makes or completes',
  documentation:
    'virtualbox: this one; machines get virtualbox/id. ipmi: the ipmi plugin, through their emulated BMCs (virtualbox/bmc-address must be set); machines get no virtualbox/id, without which an endpoint does not choose this plugin for power and boot.',
  schema: { type: 'string', enum: ['virtualbox', 'ipmi'], default: 'virtualbox' },
})

export const bmcAddress = defineParam({
  name: 'virtualbox/bmc-address',
  description: 'Address of this host for the emulated BMCs of the VMs; empty: there are none',
  documentation: 'One IP address of the host that consoles can reach. 127.0.0.1 is for consoles on the same host.',
  schema: { type: 'string', default: '' },
})

export const bmcBasePort = defineParam({
  name: 'virtualbox/bmc-base-port',
  description: 'First UDP port of the emulated BMCs',
  documentation: 'Each VM keeps its port for good; ports that something else uses are passed over.',
  schema: { type: 'integer', minimum: 1, maximum: 65535, default: 6230 },
})

export const bmcSpread = defineParam({
  name: 'virtualbox/bmc-spread',
  description: 'What each emulated BMC has of its own',
  documentation:
    'port: its port, from virtualbox/bmc-base-port upwards, all at virtualbox/bmc-address. address: its IPv4 address, from virtualbox/bmc-address upwards, all at port virtualbox/bmc-base-port; the host must have these addresses.',
  schema: { type: 'string', enum: ['port', 'address'], default: 'port' },
})

export const bmcUsername = defineParam({
  name: 'virtualbox/bmc-username',
  description: 'User name at the emulated BMCs',
  documentation: 'At most 16 bytes of UTF-8.',
  schema: { type: 'string', default: 'admin' },
})

export const bmcPassword = defineParam({
  name: 'virtualbox/bmc-password',
  description: 'Password at the emulated BMCs; needed where virtualbox/bmc-address is set',
  documentation: 'At most 20 bytes of UTF-8.',
  schema: { type: 'string' },
  secure: true,
})

export const id = defineParam({
  name: 'virtualbox/id',
  description: 'UUID of the VM, in upper case; set by the plugin',
  documentation: 'Read only for people: the plugin sets it on the machines that it makes or completes.',
  schema: { type: 'string' },
})

export const name = defineParam({
  name: 'virtualbox/name',
  description: 'Name of the VM, as VirtualBox has it',
  schema: { type: 'string' },
})

export const cpus = defineParam({
  name: 'virtualbox/cpus',
  description: 'Processors of a new VM',
  schema: { type: 'integer', minimum: 1, maximum: 256, default: 2 },
})

export const diskSizeMb = defineParam({
  name: 'virtualbox/disk-size-mb',
  description: 'Size of the disk of a new VM, in mebibytes',
  schema: { type: 'integer', minimum: 1, maximum: 2_097_152, default: 20_480 },
})

export const memSizeMb = defineParam({
  name: 'virtualbox/mem-size-mb',
  description: 'Memory of a new VM, in mebibytes',
  schema: { type: 'integer', minimum: 4, maximum: 2_097_152, default: 2048 },
})

export const vramSizeMb = defineParam({
  name: 'virtualbox/vram-size-mb',
  description: 'Video memory of a new VM, in mebibytes',
  schema: { type: 'integer', minimum: 1, maximum: 256, default: 128 },
})

/** Params of the plugin object. */
export const pluginParams = [
  required(user),
  backend,
  vmPath,
  command,
  importVms,
  startCreated,
  poweredBy,
  bmcAddress,
  bmcBasePort,
  bmcSpread,
  bmcUsername,
  bmcPassword,
] as const

/** What a new VM is like. */
export const sizes = [cpus, diskSizeMb, memSizeMb, vramSizeMb] as const
