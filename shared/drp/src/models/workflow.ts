import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields } from './shared-fields.ts'

export const workflowModel = model({
  prefix: 'workflows',
  title: 'Workflow',
  fields: { ...sharedFields, ...described, Stages: field.strings },
  indexes: { Name: 'string', Stages: 'list' },
})
