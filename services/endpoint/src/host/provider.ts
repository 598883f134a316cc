import { access, constants, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ContentBundle, decodeContentBundle, decodePluginManifest, type PluginManifest } from '@powerbus/drp'
import { childEnvironment, type EndpointAddresses, type RunToEndOptions, runToEnd } from '@powerbus/plugin-sdk/launch'
import { checkedJson, parseJson } from '@powerbus/store'
import { parse } from 'yaml'

const DEFINE_TIMEOUT_MS = 10_000
const BUSY_TRIES = 20
const BUSY_PAUSE_MS = 50
const UNPACK_TIMEOUT_MS = 30_000
const MANIFEST_BYTES_MAX = 16 * 1024 * 1024
const UNPACK_BYTES_MAX = 1024 * 1024
/** Token that forbids a plugin to use the network during `define` (plugin contract §1). */
const CATALOG_TOKEN = 'catalog'

/** A plugin provider, as its `define` describes it. */
export interface Provider {
  /** Path of its executable; undefined for a provider on the bus. */
  readonly executable: string | undefined
  readonly manifest: PluginManifest
  /** Undefined where its manifest has no content. */
  readonly bundle: ContentBundle | undefined
}

/** Whether nothing of it needs to run once its definition, content and files are taken: no action, no event. */
export function isContentAlone({ manifest: { IgnoreEvents, HasPublish, AvailableActions } }: Provider): boolean {
  return IgnoreEvents && !HasPublish && AvailableActions.length === 0
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
  timeoutMs = DEFINE_TIMEOUT_MS,
): Promise<Provider> {
  const text = await run({
    executable,
    parameters: ['define'],
    folder,
    environment: childEnvironment(addresses, CATALOG_TOKEN),
    timeoutMs,
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

/** A process that was started while the file was still written to may have it open for some milliseconds. */
async function run(options: RunToEndOptions, triesLeft = BUSY_TRIES): Promise<string> {
  try {
    return await runToEnd(options)
  } catch (error) {
    const cause: unknown = error instanceof Error ? error.cause : undefined
    if (triesLeft === 0 || (cause as NodeJS.ErrnoException | undefined)?.code !== 'ETXTBSY') throw error
    await sleep(BUSY_PAUSE_MS)
    return await run(options, triesLeft - 1)
  }
}

function parseManifest(executable: string, text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new Error(`${executable} define printed something other than one JSON document`, { cause })
  }
}

export async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
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
