import { FieldReader, type JsonObject } from './field-reader.ts'

/** A configured instance of a plugin provider, as an endpoint keeps it (`plugins/NAME`, §5). */
export interface PluginObject extends JsonObject {
  readonly Name: string
  readonly Description: string
  /** Name of the provider that it runs. */
  readonly Provider: string
  readonly Params: JsonObject
  readonly Available: boolean
  /** What keeps it from being available. */
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
