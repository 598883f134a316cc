import { field } from '../shape.ts'
import { model } from './model.ts'
import { sharedFields } from './shared-fields.ts'

/** A network interface of the endpoint's host. Addresses are in CIDR form. */
export const interfaceModel = model({
  prefix: 'interfaces',
  title: 'Interface',
  fields: {
    ...sharedFields,
    Name: field.name,
    Index: field.integer,
    Addresses: field.strings,
    ActiveAddress: field.text,
    Gateway: field.text,
    DnsServers: field.strings,
    DnsDomain: field.text,
  },
  indexes: { Name: 'string' },
})
