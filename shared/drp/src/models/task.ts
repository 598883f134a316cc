import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields, templates } from './shared-fields.ts'

export const taskModel = model({
  prefix: 'tasks',
  title: 'Task',
  fields: {
    ...sharedFields,
    ...described,
    Templates: templates,
    RequiredParams: field.strings,
    OptionalParams: field.strings,
    /** Tasks that run before it. */
    Prerequisites: field.strings,
  },
  indexes: { Name: 'string' },
})
