// What the content bundles of Digital Rebar 4.8's own plugins have, by name: operators' workflows, profiles and stored
// values name it.
import { type ContentBundle, decodeContentBundle } from '@powerbus/drp'
import { manifestOf, type Plugin } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { parse } from 'yaml'
import { ipmiPlugin } from '../services/ipmi/src/plugin.ts'
import { packetIpmiPlugin } from '../services/packet-ipmi/src/plugin.ts'
import { virtualboxPlugin } from '../services/virtualbox-ipmi/src/plugin.ts'

const none = Symbol('no default, which ParamExists can tell from an empty one')
const card = 'address card outline'
type Row = readonly [name: string, type: string, byDefault: unknown, icon: string, marks?: string]
const configure = (...[name, ...rest]: Row): Row => [`ipmi/configure/${name}`, ...rest]

/** L: rendered as a link. S: secure. */
const ipmiParams: readonly Row[] = [
  configure('user', 'boolean', false, 'server'),
  configure('username', 'string', 'root', 'server'),
  configure('password', 'string', 'cr0wBar!', 'server', 'S'),
  configure('userid', 'integer', none, 'server'),
  configure('generate-random-password', 'boolean', false, 'server'),
  configure(
    'random-password-settings',
    'string',
    'length=10, chars=7, req_nums=2, special_chars=1, special_char_list=None, upper=2, lower=5, padding=None',
    'hashtag',
  ),
  ['ipmi/service-user', 'boolean', false, 'server'],
  configure('network', 'boolean', false, 'server'),
  configure('ip-mode', 'string', 'dhcp', 'server'),
  configure('address', 'string', none, 'server', 'L'),
  configure('netmask', 'string', none, 'server'),
  configure('gateway', 'string', none, 'server', 'L'),
  configure('reserve-ip', 'boolean', true, 'server', 'L'),
  configure('port', 'string', none, 'server'),
  configure('no-bmc-fatal', 'boolean', false, 'server'),
  configure('hostname', 'string', none, 'server'),
  configure('domain', 'string', none, 'server'),
  configure('dns-servers', 'array', none, 'server'),
  configure('ntp-servers', 'array', none, 'server'),
  configure('timezone', 'string', none, 'server', 'L'),
  configure('generate-csr', 'boolean', false, 'server'),
  configure('cert-country', 'string', 'US', card, 'L'),
  configure('cert-province', 'string', 'Texas', card, 'L'),
  configure('cert-locality', 'string', 'Austin', card, 'L'),
  configure('cert-org', 'string', 'RackN', card, 'L'),
  configure('cert-org-unit', 'string', 'Operations', card, 'L'),
  configure('post-csr-task', 'string', none, 'server'),
  configure('certificate', 'string', none, card, 'L'),
  // Not secure in the original.
  configure('key', 'string', none, card, 'LS'),
  ['ipmi/extra-ipmi-commands', 'array', [], card],
  ['ipmi/skip-status-validation', 'boolean', true, card],
  ['ipmi/csr', 'string', none, card, 'L'],
  ['ipmi/lpar-id', 'string', none, card, 'L'],
  ['ipmi/port-lpar', 'integer', 12443, 'bullseye'],
  ['ipmi/port-racadm', 'integer', 0, 'bullseye'],
  ['ipmi/port-redfish', 'integer', 443, 'bullseye'],
  ['ipmi/virtual-media-url', 'string', none, 'server'],
  ['ipmi/virtual-media-boot', 'boolean', false, card],
  ['ipmi/address', 'string', '', card, 'L'],
  ['ipmi/address-v4', 'string', '0.0.0.0', card, 'L'],
  ['ipmi/address-v6', 'string', '::/255', card, 'L'],
  ['ipmi/netmask', 'string', '', card, 'L'],
  ['ipmi/netmask-v4', 'string', '255.255.255.255', card, 'L'],
  ['ipmi/netmask-v6', 'string', '128', card, 'L'],
  ['ipmi/gateway', 'string', '', card, 'L'],
  ['ipmi/gateway-v4', 'string', '0.0.0.0', card, 'L'],
  ['ipmi/gateway-v6', 'string', '::', card, 'L'],
  ['ipmi/ipsrc', 'string', '', card, 'L'],
  ['ipmi/ipsrc-v4', 'string', '', card, 'L'],
  ['ipmi/ipsrc-v6', 'string', '', card, 'L'],
  ['ipmi/macaddr', 'string', none, card, 'L'],
  ['ipmi/enabled', 'boolean', none, card],
  ['ipmi/username', 'string', none, 'user circle'],
  ['ipmi/password', 'string', none, 'lock', 'S'],
  ['ipmi/mode', 'string', 'ipmitool', card, 'L'],
  ['ipmi/port-ipmitool', 'integer', 0, 'bullseye'],
  ['ipmi/identify-duration', 'integer', 60, 'podcast'],
  ['ipmi/force-lan-chan', 'integer', none, 'server'],
  ['ipmi/force-protocol', 'string', none, card],
  ['ipmi/prefer-v6', 'boolean', false, card],
  ['ipmi/auto-boot-target', 'boolean', false, 'hdd'],
]
const enums: Readonly<Record<string, readonly string[]>> = {
  'ipmi/mode': ['ipmitool', 'redfish', 'racadm', 'racadmn', 'lpar'],
  'ipmi/configure/ip-mode': ['dhcp', 'static'],
  'ipmi/configure/port': ['shared', 'dedicated'],
  'ipmi/force-protocol': ['v4', 'v6'],
}

/** R: readonly. api-key is not secure in the original, and import-existing has no default there: unset reads as false. */
const packetParams: readonly Row[] = [
  ['packet/always-pxe', 'boolean', true, 'options'],
  ['packet/api-key', 'string', none, 'key', 'S'],
  ['packet/facility', 'string', 'ewr1', 'flag'],
  ['packet/import-existing', 'boolean', false, 'flag'],
  ['packet/ipxe-script-url', 'string', none, 'options'],
  ['packet/name', 'string', none, 'options'],
  ['packet/plan', 'string', 'baremetal_0', 'options'],
  ['packet/project-id', 'string', none, 'flag'],
  ['packet/sos', 'string', none, 'terminal', 'R'],
  ['packet/uuid', 'string', none, 'tag', 'R'],
]
const virtualboxParams: readonly Row[] = [
  ['virtualbox/cpus', 'integer', 2, 'tag'],
  ['virtualbox/disk-size-mb', 'integer', 20480, 'tag'],
  ['virtualbox/id', 'string', none, 'tag', 'R'],
  ['virtualbox/mem-size-mb', 'integer', 2048, 'tag'],
  ['virtualbox/name', 'string', none, 'tag'],
  ['virtualbox/user', 'string', none, 'user circle'],
  ['virtualbox/vm-path', 'string', none, 'user circle'],
  ['virtualbox/vram-size-mb', 'integer', 128, 'tag'],
]

const stages: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ipmi: {
    'ipmi-configure': ['ipmi-configure', 'ipmi-run-commands'],
    'ipmi-inventory': ['ipmi-inventory'],
    'ipmi-install-cert': ['ipmi-install-cert-or-key'],
  },
  'packet-ipmi': {
    'packet-discover': ['packet-discover', 'packet-console', 'packet-ssh-keys'],
    'packet-ssh-keys': ['packet-ssh-keys'],
  },
  'virtualbox-ipmi': {
    'virtualbox-discover': ['virtualbox-discover-uuid'],
    'virtualbox-other-nics': ['virtualbox-other-nics'],
  },
}
/** By task: its prerequisites. */
const tasks: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ipmi: {
    'ipmi-install': [],
    'ipmi-discover': ['ipmi-install'],
    'ipmi-configure': ['ipmi-discover'],
    'ipmi-inventory': ['ipmi-discover'],
    'ipmi-run-commands': ['ipmi-install'],
    'ipmi-install-cert-or-key': [],
    'ipmi-network-validation': [],
    'ipmi-status-validation': [],
  },
  'packet-ipmi': { 'packet-discover': [], 'packet-console': [], 'packet-ssh-keys': [] },
  'virtualbox-ipmi': { 'virtualbox-discover-uuid': [], 'virtualbox-other-nics': [] },
}
const templates: Readonly<Record<string, readonly string[]>> = {
  ipmi: [
    'ipmi-any-tools.sh.tmpl',
    'ipmi-configure.sh.tmpl',
    'ipmi-dell-tools.sh.tmpl',
    'ipmi-hpe-tools.sh.tmpl',
    'ipmi-info-keys.sh.tmpl',
    'ipmi-install-cert-key.sh.tmpl',
    'ipmi-install.sh.tmpl',
    'ipmi-inventory.sh.tmpl',
    'ipmi-lenovo-tools.sh.tmpl',
    'ipmi-load-quirks.sh.tmpl',
    'ipmi-passgen.py.tmpl',
    'ipmi-process-quirks.sh.tmpl',
    'ipmi-quirks.yaml.tmpl',
    'ipmi-vendor.sh.tmpl',
  ],
  'packet-ipmi': ['packet-console.sh.tmpl', 'packet-discover-metadata.sh.tmpl', 'packet-ssh-keys.sh.tmpl'],
  'virtualbox-ipmi': ['virtualbox-discover-uuid.sh.tmpl', 'virtualbox-other-nics.sh.tmpl'],
}
const workflows: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ipmi: {},
  'packet-ipmi': { 'discover-packet': ['discover', 'packet-discover', 'sledgehammer-wait'] },
  'virtualbox-ipmi': { 'discover-virtualbox': ['discover', 'virtualbox-discover', 'sledgehammer-wait'] },
}

const originals: readonly (readonly [plugin: Plugin, params: readonly Row[]])[] = [
  [ipmiPlugin(), ipmiParams],
  [packetIpmiPlugin(), packetParams],
  [virtualboxPlugin(), virtualboxParams],
]

test('the lists have as many names as the originals', async (t) => {
  t.same(
    [ipmiParams.length, ...['stages', 'tasks'].map((kind) => Object.keys({ stages, tasks }[kind]?.ipmi ?? {}).length)],
    [61, 3, 8],
  )
  t.equal(templates.ipmi?.length, 14)
})

for (const [plugin, params] of originals) {
  const { sections }: ContentBundle = decodeContentBundle(parse(manifestOf(plugin).Content))
  // biome-ignore lint/suspicious/noExplicitAny: members of sections have any fields
  const member = (section: string, name: string): any => Object(sections[section]?.[name])

  test(`${plugin.name} has each param of the original with its type, default, values and Meta`, async (t) => {
    for (const [name, type, byDefault, icon, marks = ''] of params) {
      const definition = sections.params[name]
      if (!definition) {
        t.fail(`${name} is missing`)
        continue
      }
      const { Secure, Meta } = definition
      const Schema = Object(definition.Schema)
      t.equal(Schema.type, type, name)
      t.same(Object.hasOwn(Schema, 'default') ? Schema.default : none, byDefault, `default of ${name}`)
      for (const value of enums[name] ?? []) t.ok(Schema.enum.includes(value), `${value} of ${name}`)
      t.equal(Secure, marks.includes('S'), `Secure of ${name}`)
      t.match(Meta, { icon, color: 'blue', title: 'Powerbus' }, name)
      t.equal(Meta?.render, marks.includes('L') ? 'link' : undefined, `render of ${name}`)
      t.equal(Meta?.readonly, marks.includes('R') ? 'yes' : undefined, `readonly of ${name}`)
    }
  })

  test(`${plugin.name} has each stage, task, template and workflow of the original`, async (t) => {
    for (const [name, list] of Object.entries(stages[plugin.name] ?? {})) {
      t.match(member('stages', name), { Name: name, Meta: { color: 'yellow' } })
      t.same(member('stages', name).Tasks, list, name)
    }
    for (const [name, list] of Object.entries(tasks[plugin.name] ?? {})) {
      t.match(member('tasks', name), { Name: name, Meta: { color: 'blue', 'feature-flags': 'sane-exit-codes' } })
      t.same(member('tasks', name).Prerequisites ?? [], list, name)
    }
    for (const id of templates[plugin.name] ?? []) t.match(member('templates', id), { ID: id }, id)
    for (const [name, list] of Object.entries(workflows[plugin.name] ?? {})) {
      t.match(member('workflows', name), { Name: name, Meta: { color: 'purple' } })
      t.same(member('workflows', name).Stages, list, name)
    }
  })
}
