import { FieldReader, type JsonObject } from './field-reader.ts'

/** A configured instance of a plugin provider (`plugins/NAME`, §5). */
export interface PluginObject extends JsonObject {
  readonly Name: string
  readonly Description: string
  /** Name of its plugin provider. */
  readonly Provider: string
  readonly Params: JsonObject
  readonly Available: boolean
  /** Reasons why it is not available. */
  readonly Errors: readonly string[]
  readonly Meta: Readonly<Record<string, string>>
}

/** @throws DecodeError */
export function decodePluginObject(value: unknown): PluginObject {
  const read = new FieldReader(value, 'Plugin')
  return {
    ...read.fields,
    Name: read.name('Name'),
    Description: read.string('Description', ''),
    Provider: read.string('Provider', ''),
    Params: read.object('Params', {}),
    Available: read.boolean('Available', false),
    Errors: read.strings('Errors'),
    Meta: read.texts('Meta'),
  }
}
