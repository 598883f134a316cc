import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, partial, sharedFields, templates } from './shared-fields.ts'

export const stageModel = model({
  prefix: 'stages',
  title: 'Stage',
  fields: {
    ...sharedFields,
    ...partial,
    ...described,
    Templates: templates,
    RequiredParams: field.strings,
    OptionalParams: field.strings,
    Params: field.object,
    BootEnv: field.text,
    Tasks: field.strings,
    Profiles: field.strings,
    Reboot: field.flag,
    RunnerWait: field.flag,
  },
  indexes: { Name: 'string', BootEnv: 'string', Reboot: 'boolean', Params: 'list', Profiles: 'list', Tasks: 'list' },
})

export type Stage = ReturnType<typeof stageModel.decode>
