import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields } from './shared-fields.ts'

export const contextModel = model({
  prefix: 'contexts',
  title: 'Context',
  fields: { ...sharedFields, ...described, Image: field.text, Engine: field.text },
  indexes: { Name: 'string', Image: 'string', Engine: 'string' },
})
