import { field, openShape } from './shape.ts'

/** @throws DecodeError */
export const decodePluginObject = openShape('Plugin', {
  Name: field.name,
  Description: field.text,
  /** Name of its plugin provider. */
  Provider: field.text,
  Params: field.object,
  Available: field.flag,
  /** Reasons why it is not available. */
  Errors: field.strings,
  Meta: field.texts,
})

/** A configured instance of a plugin provider (`plugins/NAME`, §5). */
export type PluginObject = ReturnType<typeof decodePluginObject>
