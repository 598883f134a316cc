import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject } from '@powerbus/drp'
import type { TestScope } from './test-scope.ts'

/** Keys of a bundle by kind, such as `params`. */
export type BundleKeys = Readonly<Record<string, readonly string[]>>

/** Names that DRP's own content defines, as far as ours uses them. */
export const endpointNames: BundleKeys = {
  params: [
    'detected-bios-mode',
    'machine-plugin',
    'kernel-console',
    'rs-debug-enable',
    'gohai-inventory',
    'dns-domain',
    'dns-servers',
    'ntp-servers',
    'timezone',
  ],
  profiles: ['global', 'rackn-license'],
  stages: ['discover', 'sledgehammer-wait'],
  templates: ['setup.tmpl'],
}

/**
 * A DRP's stacked store: each content bundle and each plugin provider's bundle is a layer. A key that another layer has
 * is refused, even if both definitions are equal; a layer of the same name is replaced as a whole.
 */
export class StackedStore {
  readonly #layers = new Map<string, BundleKeys>([['drp', endpointNames]])

  /** Throws like a DRP that answers 422. */
  put(name: string, bundle: BundleKeys): void {
    for (const [kind, keys] of Object.entries(bundle)) {
      for (const key of keys) {
        const layer = this.#layerOf(kind, key, name)
        if (layer === undefined) continue
        throw new Error(`keysCannotBeOverridden: ${kind} ${key} of ${name} is already in layer ${layer}`)
      }
    }
    this.#layers.set(name, bundle)
  }

  remove(name: string): void {
    this.#layers.delete(name)
  }

  has(kind: string, key: string): boolean {
    return this.#layerOf(kind, key) !== undefined
  }

  #layerOf(kind: string, key: string, except?: string): string | undefined {
    return Array.from(this.#layers).find(([name, keys]) => name !== except && keys[kind]?.includes(key))?.[0]
  }
}

export interface SimulatedDrp {
  readonly url: string
  /** The plugin object. A DRP empties its PluginErrors when it starts the plugin. */
  readonly plugin: { PluginErrors: unknown[] }
  /** How many requests were answered. */
  readonly requests: number
  /** Patches of the plugin object that were applied. */
  readonly patches: number
}

/** The API of a DRP as far as a plugin asks for definitions and for its own object. Its token is `simulated`. */
export async function simulatedDrp(scope: TestScope, store: Pick<StackedStore, 'has'>): Promise<SimulatedDrp> {
  const plugin = { Name: 'ipmi', Provider: 'ipmi', PluginErrors: [] as unknown[] }
  const counts = { requests: 0, patches: 0 }
  const answerTo = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const path = decodeURIComponent(request.url ?? '').replace('/api/v3/', '')
    const refused = (Code: number) =>
      [Code, { Model: '', Key: path, Type: 'API', Messages: [], Code }] as [number, object]
    if (request.headers.authorization !== 'Bearer simulated') return refused(403)
    if (path === 'plugins/ipmi') {
      if (request.method !== 'PATCH') return [200, plugin]
      const {
        'test /PluginErrors': before,
        'add /PluginErrors': after,
        ...others
      } = operationsOf(await bodyOf(request))
      if (Object.keys(others).length > 0 || !Array.isArray(after)) return refused(400)
      if (!isDeepStrictEqual(before, plugin.PluginErrors)) return refused(409)
      plugin.PluginErrors = after
      counts.patches += 1
      return [200, plugin]
    }
    const [, names] = /^params\?Name=In\((.*)\)$/.exec(path) ?? []
    if (names === undefined) return refused(404)
    const found = names.split(',').filter((name) => store.has('params', name))
    return [200, found.map((Name) => ({ Name, Schema: {} }))]
  }
  const server = createServer((request, response) => {
    void answerTo(request).then(([status, body]) => {
      counts.requests += 1
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    plugin,
    get requests() {
      return counts.requests
    },
    get patches() {
      return counts.patches
    },
  }
}

/** Values of a JSON Patch by operation and path. */
function operationsOf(patch: string): Record<string, unknown> {
  const operations: readonly { op: string; path: string; value: unknown }[] = JSON.parse(patch)
  return Object.fromEntries(operations.map(({ op, path, value }) => [`${op} ${path}`, value]))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

/** The keys of a decoded bundle. */
export function keysOf(sections: Readonly<Record<string, unknown>>): BundleKeys {
  return Object.fromEntries(
    Object.entries(sections).map(([kind, members]) => [kind, isJsonObject(members) ? Object.keys(members) : []]),
  )
}
