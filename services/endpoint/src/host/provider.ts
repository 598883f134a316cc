import { access, constants, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContentBundle, decodeContentBundle, decodePluginManifest, type PluginManifest } from '@powerbus/drp'
import { childEnvironment, type EndpointAddresses, runToEnd } from '@powerbus/plugin-sdk/launch'
import { checkedJson, parseJson } from '@powerbus/store'
import { parse } from 'yaml'

const DEFINE_TIMEOUT_MS = 10_000
const UNPACK_TIMEOUT_MS = 30_000
const MANIFEST_BYTES_MAX = 16 * 1024 * 1024
const UNPACK_BYTES_MAX = 1024 * 1024
/** Token that forbids a plugin to use the network during `define` (plugin contract §1). */
const CATALOG_TOKEN = 'catalog'

/** A plugin provider, as its `define` describes it. */
export interface Provider {
  /** Path of its executable in the plugin folder; undefined for a provider on the bus. */
  readonly executable: string | undefined
  readonly manifest: PluginManifest
  /** Undefined where its manifest has no content. */
  readonly bundle: ContentBundle | undefined
}

/** Paths of the executable files in a folder, sorted by name; empty where the folder is missing. */
export async function findExecutables(folder: string): Promise<string[]> {
  const paths: string[] = []
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names.sort()) {
    const path = join(folder, name)
    if (!name.startsWith('.') && (await isProgram(path))) paths.push(path)
  }
  return paths
}

/** Runs `define` of an executable. Throws an Error that says why it cannot be used. */
export async function defineProvider(
  executable: string,
  folder: string,
  addresses: EndpointAddresses,
): Promise<Provider> {
  const text = await runToEnd({
    executable,
    parameters: ['define'],
    folder,
    environment: childEnvironment(addresses, CATALOG_TOKEN),
    timeoutMs: DEFINE_TIMEOUT_MS,
    outputBytesMax: MANIFEST_BYTES_MAX,
  })
  return readManifest(parseManifest(executable, text), executable)
}

/** Decodes a manifest. Throws DecodeError, JsonError, and an Error where its bundle is not YAML. */
export function readManifest(value: unknown, executable: string | undefined): Provider {
  const manifest = decodePluginManifest(value)
  if (manifest.Content === '') return { executable, manifest, bundle: undefined }
  const content: unknown = parse(manifest.Content, { maxAliasCount: 100 })
  checkedJson(content)
  return { executable, manifest, bundle: decodeContentBundle(content) }
}

/** Runs `unpack` of a provider, which writes its files below the web root. */
export async function unpackProvider(provider: Provider, folder: string, addresses: EndpointAddresses): Promise<void> {
  if (provider.executable === undefined) return
  const target = join(addresses.webRoot, 'plugin_providers', provider.manifest.Name)
  await mkdir(join(addresses.webRoot, 'plugin_providers'), { recursive: true, mode: 0o700 })
  await runToEnd({
    executable: provider.executable,
    parameters: ['unpack', target],
    folder,
    environment: childEnvironment(addresses, CATALOG_TOKEN),
    timeoutMs: UNPACK_TIMEOUT_MS,
    outputBytesMax: UNPACK_BYTES_MAX,
  })
}

function parseManifest(executable: string, text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new Error(`${executable} define printed something other than one JSON document`, { cause })
  }
}

/** A dangling symlink counts as a program; `define` then reports it. */
async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined
    throw error
  })
  if (found === undefined) return true
  return (
    found.isFile() &&
    (await access(path, constants.X_OK)
      .then(() => true)
      .catch(() => false))
  )
}
