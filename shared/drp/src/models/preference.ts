import { field } from '../shape.ts'
import { model } from './model.ts'
import { sharedFields } from './shared-fields.ts'

/** `GET prefs` answers them as one map of Val by Name. */
export const preferenceModel = model({
  prefix: 'preferences',
  title: 'Preference',
  fields: { ...sharedFields, Name: field.name, Val: field.text },
  indexes: { Name: 'string' },
})
