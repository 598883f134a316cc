import { defineParam, type Param } from '@powerbus/plugin-sdk'
import { icons, look } from './param-look.ts'

const port = (name: string, description: string, byDefault: number) =>
  defineParam({
    name,
    description,
    schema: { type: 'integer', minimum: 0, maximum: 65535, default: byDefault },
    meta: look(icons.port),
  })

/** Params of modes and actions that have no driver yet: machines have them stored, and their schema must be known. */
export const modeParams: readonly Param[] = [
  defineParam({
    name: 'ipmi/lpar-id',
    description: 'Partition of an HMC, for mode lpar',
    schema: { type: 'string' },
    meta: look(icons.card, 'link'),
  }),
  port('ipmi/port-lpar', 'TCP port of the HMC, for mode lpar', 12443),
  port('ipmi/port-racadm', 'TCP port of the iDRAC, for mode racadm; 0 is 443', 0),
  port('ipmi/port-redfish', 'TCP port of the BMC, for mode redfish', 443),
  defineParam({
    name: 'ipmi/virtual-media-url',
    description: 'Address of the image for mountVirtualMedia',
    schema: { type: 'string' },
    meta: look(icons.server),
  }),
  defineParam({
    name: 'ipmi/virtual-media-boot',
    description: 'Boot from the image of mountVirtualMedia at the next start',
    schema: { type: 'boolean', default: false },
    meta: look(icons.card),
  }),
]
