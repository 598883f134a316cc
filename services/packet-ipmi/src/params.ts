import { defineParam, required } from '@powerbus/plugin-sdk'

/** How pages show a param. */
const look = (icon: string) => ({ icon, color: 'blue', title: 'Powerbus' })
/** A page lets nobody change it. */
const readonly = { readonly: 'yes' }

export const apiKey = defineParam({
  name: 'packet/api-key',
  description: 'Key (token) for the Metal API',
  documentation:
    'Sent as X-Auth-Token and nowhere else. It needs the right to read projects and to make, change and delete devices.',
  schema: { type: 'string', minLength: 1 },
  secure: true,
  meta: { ...look('key'), password: 'hideme' },
})

/** No default: the public service ended on 2026-06-30. */
export const apiUrlParam = defineParam({
  name: 'packet/api-url',
  description: 'Base address of the Metal API',
  documentation:
    'Such as https://metal.example.com/metal/v1. There is no default: the public service ended on 2026-06-30, so name a private deployment of the same API.',
  schema: { type: 'string' },
  meta: look('options'),
})

export const projectId = defineParam({
  name: 'packet/project-id',
  description: 'Project that devices are made in and read from',
  documentation:
    'Default: devices of all projects are read, and new devices are made only if the key has exactly one project.',
  schema: { type: 'string' },
  meta: look('flag'),
})

export const importExisting = defineParam({
  name: 'packet/import-existing',
  description: 'Make a machine for every device that has none',
  schema: { type: 'boolean', default: false },
  meta: look('flag'),
})

export const prune = defineParam({
  name: 'packet/prune',
  description: 'Delete machines whose device is gone for good',
  documentation:
    'A device is gone for good when the API has answered "not found" for it three times over at least ten minutes. One pass deletes at most 2 % of the machines (at least one). No machine is deleted because a listing lacks its device.',
  schema: { type: 'boolean', default: false },
  meta: look('flag'),
})

export const deviceName = defineParam({
  name: 'packet/name',
  description: "A new device's host name",
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  meta: look('options'),
})

export const facility = defineParam({
  name: 'packet/facility',
  description: 'Facility of a device; a new one is made there unless packet/metro is set',
  schema: { type: 'string', minLength: 1, default: 'ewr1' },
  meta: look('flag'),
})

export const metro = defineParam({
  name: 'packet/metro',
  description: 'Metro that a new device is made in, in place of a facility',
  schema: { type: 'string', minLength: 1 },
  meta: look('flag'),
})

export const plan = defineParam({
  name: 'packet/plan',
  description: 'Plan (kind of hardware) of a device',
  schema: { type: 'string', minLength: 1, default: 'baremetal_0' },
  meta: look('options'),
})

export const uuid = defineParam({
  name: 'packet/uuid',
  description: "The device's id",
  schema: { type: 'string' },
  meta: { ...look('tag'), ...readonly },
})

export const sos = defineParam({
  name: 'packet/sos',
  description: 'USER@HOST of the serial console over SSH',
  schema: { type: 'string' },
  meta: { ...look('terminal'), ...readonly },
})

export const alwaysPxe = defineParam({
  name: 'packet/always-pxe',
  description: 'Load the iPXE script at every boot; false: only at the first one',
  schema: { type: 'boolean', default: true },
  meta: look('options'),
})

/** The default is derived from RS_FILESERVER at run time. */
export const ipxeScriptUrl = defineParam({
  name: 'packet/ipxe-script-url',
  description: 'Address of the iPXE script that devices load',
  documentation: "Default: default.ipxe on the endpoint's file server.",
  schema: { type: 'string' },
  meta: look('options'),
})

/** Read by the content's tasks, on the machine itself. */
export const metadataUrl = defineParam({
  name: 'packet/metadata-url',
  description: 'Address of the metadata service, as devices see it',
  documentation: 'The stages packet-discover and packet-ssh-keys ask it, and do nothing if it is not set.',
  schema: { type: 'string' },
  meta: look('options'),
})

export const missing = defineParam({
  name: 'packet/missing',
  description: "When the machine's device was first found to be gone",
  documentation:
    'RFC 3339. The plugin sets it when the API itself answers "not found" for packet/uuid, and removes it when the device is there again.',
  schema: { type: 'string' },
  meta: { ...look('tag'), ...readonly },
})

export const problem = defineParam({
  name: 'packet/problem',
  description: 'Why no device was made for the machine',
  schema: { type: 'string' },
  meta: { ...look('tag'), ...readonly },
})

/** Params of the plugin object. packet/api-url is not required here, since config gives a better error for it. */
export const configParams = [required(apiKey), apiUrlParam, projectId, importExisting, prune] as const
