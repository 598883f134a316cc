import { field, struct, structMap } from '../shape.ts'
import { model } from './model.ts'
import { described, sharedFields, templates } from './shared-fields.ts'

const architecture = {
  IsoFile: field.text,
  Sha256: field.text,
  IsoUrl: field.text,
  Kernel: field.text,
  Initrds: field.strings,
  BootParams: field.text,
  Loader: field.text,
}

export const bootEnvModel = model({
  prefix: 'bootenvs',
  title: 'BootEnv',
  fields: {
    ...sharedFields,
    ...described,
    OS: struct({
      Name: field.text,
      Family: field.text,
      Codename: field.text,
      Version: field.text,
      IsoFile: field.text,
      IsoSha256: field.text,
      IsoUrl: field.text,
      SupportedArchitectures: structMap(architecture),
    }),
    Templates: templates,
    Kernel: field.text,
    Initrds: field.strings,
    BootParams: field.text,
    RequiredParams: field.strings,
    OptionalParams: field.strings,
    OnlyUnknown: field.flag,
    Loaders: field.texts,
  },
  indexes: { Name: 'string', OnlyUnknown: 'boolean' },
})
