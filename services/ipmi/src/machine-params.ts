import { defineParam, type Param } from '@powerbus/plugin-sdk'
import { icons, look } from './param-look.ts'

const { card, server } = icons
const result = look(card, 'link')

const text = (name: string, description: string, byDefault?: string) =>
  defineParam({
    name,
    description,
    schema: { type: 'string', ...(byDefault !== undefined && { default: byDefault }) },
    meta: result,
  })
const flag = (name: string, description: string, icon: string = card) =>
  defineParam({ name, description, schema: { type: 'boolean', default: false }, meta: look(icon) })

/** Params that no action reads: tasks set them on a machine, and operators and pages read them. */
export const machineParams: readonly Param[] = [
  defineParam({
    name: 'ipmi/enabled',
    description: 'The machine has a BMC in use',
    documentation:
      'Set by the tasks. While it is false, ipmi-discover and ipmi-configure skip the machine; after a repair, run the stage ipmi-inventory or remove it.',
    schema: { type: 'boolean' },
    meta: look(card),
  }),
  flag('ipmi/auto-boot-target', 'Set what to boot from whenever a workflow changes it', 'hdd'),
  text('ipmi/address-v4', "The BMC's IPv4 address", '0.0.0.0'),
  text('ipmi/address-v6', "The BMC's IPv6 address and prefix length", '::/255'),
  text('ipmi/netmask', "The BMC's netmask", ''),
  text('ipmi/netmask-v4', "The BMC's IPv4 netmask", '255.255.255.255'),
  text('ipmi/netmask-v6', "The BMC's IPv6 prefix length, as a text", '128'),
  text('ipmi/gateway', "The BMC's gateway", ''),
  text('ipmi/gateway-v4', "The BMC's IPv4 gateway", '0.0.0.0'),
  text('ipmi/gateway-v6', "The BMC's IPv6 gateway", '::'),
  text('ipmi/macaddr', "The BMC's hardware address"),
  text('ipmi/ipsrc', 'Where the BMC has its address from', ''),
  text('ipmi/ipsrc-v4', 'Where the BMC has its IPv4 address from', ''),
  text('ipmi/ipsrc-v6', 'Where the BMC has its IPv6 address from', ''),
  text('ipmi/csr', 'Certificate request that the BMC made (PEM)'),
  flag('ipmi/prefer-v6', 'Reach the BMC by IPv6 where it has both'),
  defineParam({
    name: 'ipmi/force-protocol',
    description: 'Reach the BMC by this protocol only',
    schema: { type: 'string', enum: ['v4', 'v6'] },
    meta: look(card),
  }),
  defineParam({
    name: 'ipmi/force-lan-chan',
    description: "Number of the BMC's LAN channel, where it is not found out",
    schema: { type: 'integer' },
    meta: look(server),
  }),
]
