import { field, structs } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields } from './shared-fields.ts'

export const roleModel = model({
  prefix: 'roles',
  title: 'Role',
  fields: {
    ...sharedFields,
    ...described,
    /** What is allowed; each part is `*` or a list with commas. */
    Claims: structs({ scope: field.text, action: field.text, specific: field.text }),
  },
  indexes: { Name: 'string' },
})

export type UserRole = ReturnType<typeof roleModel.decode>
