import { decodeAvailableAction } from './available-action.ts'
import { DecodeError, type FieldReader } from './field-reader.ts'
import { field, listOf, made, shape } from './shape.ts'

/** Version of the plugin contract that Powerbus supports. */
export const PLUGIN_VERSION = 4

/**
 * Provider names (§2). One character class, since the contract's nested repeats backtrack exponentially in JavaScript.
 */
export const providerNamePattern = /^\p{L}[- _.\p{N}\p{L}]+$/u

const fields = {
  Name: made(providerName, null, { type: 'string', pattern: providerNamePattern.source }),
  /** Semantic version with a leading v. */
  Version: field.text,
  PluginVersion: made(pluginVersion, null, { const: PLUGIN_VERSION }),
  AutoStart: field.flag,
  /** Whether events are posted to it. */
  HasPublish: field.flag,
  /** It neither sends nor wants events. Where it has no actions either, an endpoint need not keep it running. */
  IgnoreEvents: field.flag,
  AvailableActions: listOf(decodeAvailableAction, { type: 'object' }),
  /** Params of the plugin object. */
  RequiredParams: field.strings,
  OptionalParams: field.strings,
  /** JSON schemas (draft 4), by prefix, of the objects that the endpoint stores for the plugin. */
  StoreObjects: field.object,
  /** reStructuredText. */
  Documentation: field.text,
  /** A content bundle as a YAML document (§6); JSON is YAML 1.2. */
  Content: field.text,
  Meta: field.texts,
}

/** Refuses manifests of another `PluginVersion`. @throws DecodeError */
export const decodePluginManifest = shape('PluginProvider', fields)

/** The fields of a provider in an answer, which also names executables that have no manifest. */
export const pluginProviderFields = { ...fields, Name: field.name, PluginVersion: field.integer }

/** The output of `define`, which an endpoint lists as a plugin provider (§2). */
export type PluginManifest = ReturnType<typeof decodePluginManifest>

function providerName(read: FieldReader): string {
  const name = read.string('Name')
  if (!providerNamePattern.test(name)) throw new DecodeError('PluginProvider.Name', 'a provider name', name)
  return name
}

function pluginVersion(read: FieldReader): number {
  const version = read.integer('PluginVersion')
  if (version !== PLUGIN_VERSION) throw new DecodeError('PluginProvider.PluginVersion', `${PLUGIN_VERSION}`, version)
  return version
}
