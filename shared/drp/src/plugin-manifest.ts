import { type AvailableAction, decodeAvailableAction } from './available-action.ts'
import { DecodeError, FieldReader, type JsonObject } from './field-reader.ts'

/** Version of the plugin contract that Powerbus supports. */
export const PLUGIN_VERSION = 4

/**
 * Provider names (§2). One character class, since the contract's nested repeats backtrack exponentially in JavaScript.
 */
export const providerNamePattern = /^\p{L}[- _.\p{N}\p{L}]+$/u

/** The output of `define`, which an endpoint lists as a plugin provider (§2). */
export interface PluginManifest {
  readonly Name: string
  /** Semantic version with a leading v. */
  readonly Version: string
  readonly PluginVersion: number
  readonly AutoStart: boolean
  readonly HasPublish: boolean
  readonly AvailableActions: readonly AvailableAction[]
  /** Params of the plugin object. */
  readonly RequiredParams: readonly string[]
  readonly OptionalParams: readonly string[]
  /** JSON schemas (draft 4), by prefix, of the objects that the endpoint stores for the plugin. */
  readonly StoreObjects: JsonObject
  /** reStructuredText. */
  readonly Documentation: string
  /** A content bundle as a YAML document (§6); JSON is YAML 1.2. */
  readonly Content: string
  readonly Meta: Readonly<Record<string, string>>
}

/** Refuses manifests of another `PluginVersion`. @throws DecodeError */
export function decodePluginManifest(value: unknown): PluginManifest {
  const read = new FieldReader(value, 'PluginProvider')
  const name = read.string('Name')
  if (!providerNamePattern.test(name)) throw new DecodeError('PluginProvider.Name', 'a provider name', name)
  const version = read.integer('PluginVersion')
  if (version !== PLUGIN_VERSION) throw new DecodeError('PluginProvider.PluginVersion', `${PLUGIN_VERSION}`, version)
  return {
    Name: name,
    Version: read.string('Version', ''),
    PluginVersion: version,
    AutoStart: read.boolean('AutoStart', false),
    HasPublish: read.boolean('HasPublish', false),
    AvailableActions: read.list('AvailableActions', decodeAvailableAction),
    RequiredParams: read.strings('RequiredParams'),
    OptionalParams: read.strings('OptionalParams'),
    StoreObjects: read.object('StoreObjects', {}),
    Documentation: read.string('Documentation', ''),
    Content: read.string('Content', ''),
    Meta: read.texts('Meta'),
  }
}
