import { field } from '../shape.ts'
import { model } from './model.ts'
import { sharedFields } from './shared-fields.ts'

/** The hash of the password is kept beside it and is never shown. */
export const userModel = model({
  prefix: 'users',
  title: 'User',
  fields: {
    ...sharedFields,
    Name: field.name,
    Description: field.text,
    Secret: field.text,
    Roles: field.strings,
  },
  indexes: { Name: 'string' },
})

export type User = ReturnType<typeof userModel.decode>
