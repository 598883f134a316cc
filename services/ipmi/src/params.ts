import { workaroundFacts, workarounds as workaroundNames } from '@powerbus/bmc-drivers'
import { defineParam, required } from '@powerbus/plugin-sdk'
import { modeConnection } from './mode-params.ts'
import { icons, look } from './param-look.ts'

export const address = defineParam({
  name: 'ipmi/address',
  description: 'Address of the BMC',
  documentation: 'An IPv4 or IPv6 address or a host name, without a port.',
  meta: look(icons.card, 'link'),
  schema: { type: 'string', default: '' },
})

export const username = defineParam({
  name: 'ipmi/username',
  description: 'User name at the BMC',
  documentation: 'At most 16 bytes of UTF-8 for mode ipmitool (IPMI v2.0 §13.20). Empty is the null user.',
  meta: look('user circle'),
  schema: { type: 'string' },
})

export const password = defineParam({
  name: 'ipmi/password',
  description: 'Password at the BMC',
  documentation: 'At most 20 bytes of UTF-8 for mode ipmitool, as IPMI v2.0 has it (§22.30).',
  meta: look('lock'),
  schema: { type: 'string' },
  secure: true,
})

/**
 * Names of Digital Rebar, of which racadmn is an old misspelling of racadm: each can be stored at a machine. A mode that
 * has no driver is a 404 in an action, as an unknown command is.
 */
export const mode = defineParam({
  name: 'ipmi/mode',
  description: 'How to speak to the BMC',
  documentation: `No mode needs a program beside the plugin.

- ipmitool: IPMI v2.0 over RMCP+
- redfish: Redfish over HTTPS
- racadm (or racadmn): the racadm of a Dell iDRAC
- lpar: a partition of an IBM HMC
- auto: redfish where the BMC answers it and takes the login, else ipmitool`,
  meta: look(icons.card, 'link'),
  schema: { type: 'string', enum: ['ipmitool', 'redfish', 'racadm', 'racadmn', 'lpar', 'auto'], default: 'ipmitool' },
  unknownCode: 'DRIVER_UNKNOWN',
})

export const portIpmitool = defineParam({
  name: 'ipmi/port-ipmitool',
  description: 'UDP port of the BMC for mode ipmitool; 0 is 623',
  meta: look(icons.port),
  schema: { type: 'integer', minimum: 0, maximum: 65535, default: 0 },
})

export const cipherSuite = defineParam({
  name: 'ipmi/cipher-suite',
  description: 'Cipher suite of the RMCP+ session',
  documentation:
    '17 is SHA-256 and AES-128, 3 is SHA-1 and AES-128. Where it is not set, the better one that the BMC has is used.',
  meta: look('lock'),
  schema: { type: 'integer', enum: [3, 17] },
})

export const kg = defineParam({
  name: 'ipmi/kg',
  description: "The BMC's key K_g, where one is set",
  documentation:
    'Up to 20 bytes of text, or 0x and up to 40 hexadecimal digits (IPMI v2.0 §13.33). All zeros mean that there is none.',
  meta: look('lock'),
  schema: { type: 'string' },
  secure: true,
})

export const privilege = defineParam({
  name: 'ipmi/privilege',
  description: 'Highest privilege level to ask the BMC for',
  documentation:
    'Switching power and boot needs operator, reading needs user. Where it is not set, operator is asked for: give user for an account that may only read.',
  meta: look('user circle'),
  schema: { type: 'string', enum: ['user', 'operator', 'administrator'] },
})

/**
 * Actions on one machine come in rows: a boot device and a cycle, a status and a switch. A BMC has 4 to 15 sessions in
 * most cases, ends an idle one after 60 seconds (IPMI v2.0 §6.12.15), and loses one for this time to each replica that
 * has worked with it.
 */
export const keepSession = defineParam({
  name: 'ipmi/keep-session',
  description:
    'Seconds that a session stays open after an action, for the next action on this BMC; 0 closes it at once',
  documentation:
    'The next action then needs no login. A session is kept only where every command in it was answered. Each replica keeps one session for each BMC at most, and 1024 in all. Set 0 for a BMC with few sessions that other programs need.',
  meta: look('clock'),
  schema: { type: 'integer', minimum: 0, maximum: 30, default: 5 },
})

/** Quirks that have a name. A name says what the BMC needs, and nothing is done that was not asked for. */
export const workarounds = defineParam({
  name: 'ipmi/workarounds',
  description: "Names of this BMC's quirks",
  documentation: workaroundNames
    .map((name) => `- ${name}: ${workaroundFacts[name].does}. For ${workaroundFacts[name].for}.`)
    .join('\n'),
  meta: look('wrench'),
  schema: { type: 'array', items: { type: 'string', enum: workaroundNames } },
})

/** Seconds. What IPMI cannot carry is refused by the action, so that stored values stay valid. */
export const identifyDuration = defineParam({
  name: 'ipmi/identify-duration',
  description: 'Seconds that the machine shows where it is, 0 to 255; 0 turns it off',
  meta: look('podcast'),
  schema: { type: 'integer', default: 60 },
})

/** Defined by the endpoint's own content. */
export const detectedBiosMode = defineParam({
  name: 'detected-bios-mode',
  description: 'Firmware mode that the machine was found to boot in',
  schema: { type: 'string', enum: ['uefi', 'legacy-bios'] },
  external: true,
})

/** What every action takes to reach a BMC. */
export const connection = [
  required(username),
  required(password),
  required(address),
  required(mode),
  portIpmitool,
  ...modeConnection,
  cipherSuite,
  kg,
  privilege,
  workarounds,
  keepSession,
] as const
