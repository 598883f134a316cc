import { defineParam } from '@powerbus/plugin-sdk'
import { icons, look } from './param-look.ts'

const port = <const Name extends string>(name: Name, description: string, byDefault: number) =>
  defineParam({
    name,
    description,
    schema: { type: 'integer', minimum: 0, maximum: 65535, default: byDefault },
    meta: look(icons.port),
  })

export const portRedfish = port('ipmi/port-redfish', 'TCP port of the BMC for modes redfish and auto; 0 is 443', 443)
export const portRacadm = port(
  'ipmi/port-racadm',
  'TCP port of the iDRAC for mode racadm; 0 is 443, and 22 where SSH is used',
  0,
)
export const portLpar = port('ipmi/port-lpar', 'TCP port of the HMC for mode lpar; 0 is 12443', 12443)

export const lparId = defineParam({
  name: 'ipmi/lpar-id',
  description: 'Partition of an HMC, for mode lpar',
  documentation: "The partition's UUID, or its managed system and its name as SYSTEM/NAME.",
  schema: { type: 'string' },
  meta: look(icons.card, 'link'),
})

export const systemId = defineParam({
  name: 'ipmi/system-id',
  description: 'System to act on, where one BMC has several; for modes redfish and auto',
  documentation:
    'Id, UUID or serial number of the system. Needed for chassis with several nodes behind one BMC; the error that asks for it lists the systems.',
  schema: { type: 'string' },
  meta: look(icons.card),
})

export const redfishRules = defineParam({
  name: 'ipmi/redfish-rules',
  description: 'Rules to drive this BMC by, in place of those that are found out; for modes redfish and auto',
  documentation:
    'The plugin takes the rules of a vendor or model from what the BMC says of itself, and logs which ones. Name others where that is wrong; standard takes none.',
  schema: { type: 'string' },
  meta: look('wrench'),
})

export const tlsVerify = defineParam({
  name: 'ipmi/tls-verify',
  description: "Check the BMC's certificate, in the modes that use TLS",
  documentation:
    'Most BMCs have a certificate that nobody signed, so it is not checked by default: then whoever is on the way can read the password. Set ipmi/tls-fingerprint, or true here and ipmi/ca-cert.',
  schema: { type: 'boolean', default: false },
  meta: look('lock'),
})

export const caCert = defineParam({
  name: 'ipmi/ca-cert',
  description: "Certificates that sign the BMC's own (PEM)",
  documentation: 'Used where ipmi/tls-verify is true, in place of those of the system.',
  schema: { type: 'string' },
  meta: look('lock'),
})

export const tlsFingerprint = defineParam({
  name: 'ipmi/tls-fingerprint',
  description: 'SHA-256 fingerprint of the only certificate that is accepted from the BMC',
  documentation: '64 hexadecimal digits, with or without colons. Name, dates and signers do not count then.',
  schema: { type: 'string' },
  meta: look('lock'),
})

export const racadmTransport = defineParam({
  name: 'ipmi/racadm-transport',
  description: 'How to reach racadm, for mode racadm',
  documentation:
    "- auto: cgi, and ssh where the iDRAC does not have it\n- cgi: the protocol of remote racadm, over HTTPS\n- ssh: the iDRAC's own racadm, over SSH\n- tool: Dell's program racadm, which must be installed",
  schema: { type: 'string', enum: ['auto', 'cgi', 'ssh', 'tool'], default: 'auto' },
  meta: look(icons.server),
})

export const racadmModule = defineParam({
  name: 'ipmi/racadm-module',
  description: 'Module of a chassis, such as server-1, for mode racadm',
  schema: { type: 'string', pattern: '^[A-Za-z0-9-]{1,32}$' },
  meta: look(icons.card),
})

/** What every action takes for the modes beside ipmitool. */
export const modeConnection = [
  portRedfish,
  portRacadm,
  portLpar,
  lparId,
  systemId,
  redfishRules,
  tlsVerify,
  caCert,
  tlsFingerprint,
  racadmTransport,
  racadmModule,
] as const

export const virtualMediaUrl = defineParam({
  name: 'ipmi/virtual-media-url',
  description: 'Address of the image for mountVirtualMedia',
  documentation:
    'As the BMC reaches it: http, https, nfs or cifs, by what the BMC knows. Credentials in it stand in the log of the BMC.',
  schema: { type: 'string' },
  meta: look(icons.server),
})

export const virtualMediaBoot = defineParam({
  name: 'ipmi/virtual-media-boot',
  description: 'Boot from the image of mountVirtualMedia at the next start',
  schema: { type: 'boolean', default: false },
  meta: look(icons.card),
})
