import { access, constants, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  decodeContentBundle,
  decodePluginManifest,
  isJsonObject,
  type JsonObject,
  type ParamDefinition,
  type PluginManifest,
} from '@powerbus/drp'
import { childEnvironment, type EndpointAddresses, runToEnd } from '@powerbus/plugin-sdk/launch'
import { parse } from 'yaml'

const DEFINE_TIMEOUT_MS = 10_000
const UNPACK_TIMEOUT_MS = 30_000
const MANIFEST_BYTES_MAX = 16 * 1024 * 1024
const UNPACK_BYTES_MAX = 1024 * 1024
/** In `define` a plugin must not touch the network with this token (plugin contract §1). */
const CATALOG_TOKEN = 'catalog'

/** A plugin provider, by what its `define` says. */
export interface Provider {
  /** Path of its executable in the plugin folder; undefined for one that is on the bus. */
  readonly executable: string | undefined
  readonly manifest: PluginManifest
  /** The params that its bundle defines. */
  readonly params: Readonly<Record<string, ParamDefinition>>
  /** The profiles that its bundle has, as they are there. */
  readonly profiles: readonly JsonObject[]
}

/** Paths of all executable files in a folder, by name; none where the folder is missing. */
export async function findExecutables(folder: string): Promise<string[]> {
  const paths: string[] = []
  for (const name of (await namesIn(folder)).sort()) {
    const path = join(folder, name)
    if (!name.startsWith('.') && (await isProgram(path))) paths.push(path)
  }
  return paths
}

/** Asks an executable what it is. Throws an Error that says why it cannot be used. */
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

/** What a manifest says. Throws DecodeError, and an Error where its bundle is no YAML. */
export function readManifest(value: unknown, executable: string | undefined): Provider {
  const manifest = decodePluginManifest(value)
  if (manifest.Content === '') return { executable, manifest, params: {}, profiles: [] }
  const bundle = decodeContentBundle(parse(manifest.Content, { maxAliasCount: 100 }))
  const { params, profiles = {} } = bundle.sections
  return { executable, manifest, params, profiles: Object.values(profiles).filter(isJsonObject) }
}

/** Has a provider write its extra files below the web root. */
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
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${executable} define printed something other than one JSON document`, { cause })
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A link to nothing is one too, so that its `define` says what is wrong with it. */
async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined
    throw error
  })
  return found === undefined || (found.isFile() && (await isExecutable(path)))
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
