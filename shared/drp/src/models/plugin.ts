import { field } from '../shape.ts'
import { model } from './model.ts'
import { described, partial, sharedFields } from './shared-fields.ts'

export const pluginModel = model({
  prefix: 'plugins',
  title: 'Plugin',
  fields: {
    ...sharedFields,
    ...partial,
    ...described,
    Params: field.object,
    /** Name of its plugin provider. */
    Provider: field.text,
    /** What the plugin itself refused, such as its config. */
    PluginErrors: field.strings,
  },
  indexes: { Name: 'string', Provider: 'string', Params: 'list' },
})

/** @throws DecodeError */
export const decodePluginObject = pluginModel.decode

/** A configured instance of a plugin provider (`plugins/NAME`, §5). */
export type PluginObject = ReturnType<typeof decodePluginObject>
