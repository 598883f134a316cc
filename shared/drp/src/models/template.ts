import { field } from '../shape.ts'
import { model } from './model.ts'
import { sharedFields } from './shared-fields.ts'

export const templateModel = model({
  prefix: 'templates',
  title: 'Template',
  key: 'ID',
  fields: { ...sharedFields, ID: field.name, Description: field.text, Contents: field.text },
  indexes: { ID: 'string' },
})
