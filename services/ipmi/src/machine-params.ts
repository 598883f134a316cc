import { defineParam, type Param } from '@powerbus/plugin-sdk'

const text = (name: string, description: string) => defineParam({ name, description, schema: { type: 'string' } })
const flag = (name: string, description: string) =>
  defineParam({ name, description, schema: { type: 'boolean', default: false } })

/** Params that no action reads: inventory and configuration tasks set them on a machine, and operators and pages read them. */
export const machineParams: readonly Param[] = [
  defineParam({ name: 'ipmi/enabled', description: 'The machine has a BMC in use', schema: { type: 'boolean' } }),
  flag('ipmi/auto-boot-target', 'Set what to boot from whenever a workflow changes it'),
  defineParam({
    name: 'ipmi/address-v4',
    description: "The BMC's IPv4 address",
    schema: { type: 'string', default: '0.0.0.0' },
  }),
  defineParam({
    name: 'ipmi/address-v6',
    description: "The BMC's IPv6 address and prefix length",
    schema: { type: 'string', default: '::/255' },
  }),
  text('ipmi/netmask', "The BMC's netmask"),
  text('ipmi/netmask-v4', "The BMC's IPv4 netmask"),
  text('ipmi/netmask-v6', "The BMC's IPv6 netmask"),
  text('ipmi/gateway', "The BMC's gateway"),
  text('ipmi/gateway-v4', "The BMC's IPv4 gateway"),
  text('ipmi/gateway-v6', "The BMC's IPv6 gateway"),
  text('ipmi/macaddr', "The BMC's hardware address"),
  text('ipmi/ipsrc', 'Where the BMC has its address from'),
  text('ipmi/ipsrc-v4', 'Where the BMC has its IPv4 address from'),
  text('ipmi/ipsrc-v6', 'Where the BMC has its IPv6 address from'),
  flag('ipmi/prefer-v6', 'Reach the BMC by IPv6 where it has both'),
  defineParam({
    name: 'ipmi/force-protocol',
    description: 'Reach the BMC by this protocol only',
    schema: { type: 'string', enum: ['v4', 'v6'] },
  }),
  defineParam({
    name: 'ipmi/force-lan-chan',
    description: "Number of the BMC's LAN channel, where it is not found out",
    schema: { type: 'integer' },
  }),
]
