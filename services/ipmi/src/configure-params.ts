import { defineParam, type Param, type ParamSchema } from '@powerbus/plugin-sdk'
import { icons, look } from './param-look.ts'

const { server, card } = icons

/** A wish for the task ipmi-configure. Without a default it is no wish until somebody sets it. */
function wish(
  name: string,
  description: string,
  schema: ParamSchema,
  {
    icon = server,
    link = false,
    ...more
  }: { icon?: string; link?: boolean; documentation?: string; secure?: boolean } = {},
): Param {
  return defineParam({ name, description, schema, meta: look(icon, link ? 'link' : undefined), ...more })
}

const text: ParamSchema = { type: 'string' }
const texts: ParamSchema = { type: 'array', items: { type: 'string' } }
const flag = (byDefault: boolean): ParamSchema => ({ type: 'boolean', default: byDefault })
const textOf = (byDefault: string): ParamSchema => ({ type: 'string', default: byDefault })
const subject = (part: string, name: string, byDefault: string) =>
  wish(`ipmi/configure/cert-${part}`, `${name} in the subject of the BMC's certificate request`, textOf(byDefault), {
    icon: card,
    link: true,
  })

/** What operators ask the tasks to do to a BMC from the machine itself. No action reads them. */
export const configureParams: readonly Param[] = [
  wish('ipmi/configure/user', 'Make or change a user at the BMC', flag(false)),
  wish('ipmi/configure/username', 'Name of that user', textOf('root'), { documentation: 'At most 16 bytes.' }),
  wish('ipmi/configure/password', 'Password of that user', textOf('cr0wBar!'), {
    documentation:
      'At most 20 bytes. The default is public: set one, or set ipmi/configure/generate-random-password. A generated password is stored here, on the machine.',
    secure: true,
  }),
  wish(
    'ipmi/configure/userid',
    'Slot of that user at the BMC',
    { type: 'integer' },
    {
      documentation: 'Where a slot has this name already, that slot is used. Default: the first free slot after 1.',
    },
  ),
  wish('ipmi/configure/generate-random-password', 'Make a password while the default one is set', flag(false)),
  {
    ...wish(
      'ipmi/configure/random-password-settings',
      'How generated passwords look',
      textOf('length=10, chars=7, req_nums=2, special_chars=1, special_char_list=None, upper=2, lower=5, padding=None'),
      {
        icon: 'hashtag',
        documentation: `Settings with commas between them; one that is missing has its default.

- length: characters in all, at most 20
- chars: letters among them, of which upper are capital and lower are small; first and last are small letters
- req_nums: digits
- special_chars: characters out of special_char_list, which is %@^ where it is None
- padding: what fills up the length: lowers, uppers, nums, or a quoted text with the characters to use`,
      },
    ),
  },
  wish(
    'ipmi/service-user',
    'Make a user dr-provision at the BMC, with a random password, for the ipmi plugin',
    flag(false),
  ),
  wish('ipmi/configure/network', "Set up the BMC's network", flag(false)),
  wish('ipmi/configure/ip-mode', 'How the BMC gets its IPv4 address', {
    type: 'string',
    enum: ['dhcp', 'static'],
    default: 'dhcp',
  }),
  wish('ipmi/configure/address', 'IPv4 address for the BMC', text, {
    link: true,
    documentation: 'Needed for static. With dhcp, the address to reserve.',
  }),
  wish('ipmi/configure/netmask', 'Netmask for the BMC', text, {
    documentation: 'Needed for static, as 255.255.255.0.',
  }),
  wish('ipmi/configure/gateway', 'Gateway for the BMC', text, { link: true }),
  wish('ipmi/configure/reserve-ip', "Make a DHCP reservation for the BMC's address", flag(true), {
    link: true,
    documentation: 'An endpoint without DHCP says that it has none; the task goes on.',
  }),
  wish('ipmi/configure/port', 'Network port of a Dell BMC', { type: 'string', enum: ['shared', 'dedicated'] }),
  wish('ipmi/configure/no-bmc-fatal', 'Fail tasks on a machine without a BMC', flag(false)),
  wish('ipmi/configure/hostname', 'Host name for the BMC', text, {
    documentation: "Set by the vendor's tool. Also the common name of the certificate request.",
  }),
  wish('ipmi/configure/domain', 'DNS domain for the BMC', text, { documentation: 'Wins over dns-domain.' }),
  wish('ipmi/configure/dns-servers', 'DNS servers for the BMC', texts, { documentation: 'Wins over dns-servers.' }),
  wish('ipmi/configure/ntp-servers', 'NTP servers for the BMC', texts, { documentation: 'Wins over ntp-servers.' }),
  wish('ipmi/configure/timezone', 'Time zone for the BMC', text, { link: true, documentation: 'Wins over timezone.' }),
  wish('ipmi/configure/generate-csr', 'Make a certificate request at the BMC, and store it in ipmi/csr', flag(false)),
  subject('country', 'Country (C)', 'US'),
  subject('province', 'State or province (ST)', 'Texas'),
  subject('locality', 'Locality (L)', 'Austin'),
  subject('org', 'Organization (O)', 'RackN'),
  subject('org-unit', 'Organizational unit (OU)', 'Operations'),
  wish('ipmi/configure/post-csr-task', 'Task to run once the certificate request is there', text),
  wish('ipmi/configure/certificate', 'Certificate to install at the BMC (PEM)', text, { icon: card, link: true }),
  wish('ipmi/configure/key', 'Private key of that certificate (PEM)', text, { icon: card, link: true, secure: true }),
  wish(
    'ipmi/extra-ipmi-commands',
    'Shell lines that the task ipmi-run-commands runs',
    { ...texts, default: [] },
    {
      icon: card,
      documentation:
        'Each entry is one whole command, such as "ipmitool sol set enabled true 1", and may hold template text. The task ends with the first that fails; an entry that ends in "|| :" never does. The log has the number of an entry, not its text.',
    },
  ),
  wish('ipmi/skip-status-validation', 'Let the task ipmi-status-validation do nothing', flag(true), { icon: card }),
]
