import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, partial, sharedFields } from './shared-fields.ts'

export const profileModel = model({
  prefix: 'profiles',
  title: 'Profile',
  fields: {
    ...sharedFields,
    ...partial,
    ...described,
    Params: field.object,
    /** Profiles whose params it takes where it has none; the first wins. */
    Profiles: field.strings,
  },
  indexes: { Name: 'string', Params: 'list', Profiles: 'list' },
})

/** Params that several objects share. Profile `global` applies to every object. */
export type Profile = ReturnType<typeof profileModel.decode>
