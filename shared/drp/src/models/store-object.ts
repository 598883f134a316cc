import { field } from '../shape.ts'
import { type Model, model } from './model.ts'
import { described, sharedFields } from './shared-fields.ts'

/** The objects that a plugin provider has stored under a prefix of its own (StoreObjects, plugin contract §2). */
export function storeObjectModel(prefix: string): Model {
  const { Description, Documentation } = described
  const fields = { ...sharedFields, Id: field.name, Type: field.text, Description, Documentation, Params: field.object }
  const { decode, ...rest } = model({ prefix, title: 'RawModel', key: 'Id', fields, indexes: { Id: 'string' } })
  return { ...rest, decode: (value, place) => ({ ...decode(value, place), Type: prefix }) }
}
