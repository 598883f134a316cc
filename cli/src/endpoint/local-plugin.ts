import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { childEnvironment, listenForPlugin, PluginLink, PluginProcess } from '@powerbus/plugin-sdk/launch'
import { endsWithin } from '@powerbus/turns'
import { CliError } from '../cli-error.ts'

const READY_MS = 20_000
const ANSWER_MS = 30_000
const STOP_MS = 3000

export interface LocalRequest {
  readonly executable: string
  readonly plugin: string
  /** Below `/plugin-apis/NAME/`. */
  readonly path: string
  readonly body: unknown
  /** RS_ENDPOINT of the plugin, which gets no token. */
  readonly endpointUrl: string
}

/**
 * Launches a plugin as an endpoint does, without a config, sends one POST to its own API, and ends it. Returns status
 * and JSON of the answer. Throws a CliError where it does not start or answer. Leaves nothing behind.
 */
export async function askLocalPlugin(
  request: LocalRequest,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { executable, plugin, path, endpointUrl } = request
  const folder = await mkdtemp(join(tmpdir(), 'powerbus-'))
  const [toSocket, fromSocket] = [join(folder, 'to'), join(folder, 'from')]
  const nothing = () => undefined
  const callbacks = { log: nothing, publish: nothing, leaving: nothing, objects: async () => [] }
  const server = await listenForPlugin(plugin, fromSocket, callbacks)
  const environment = childEnvironment({ endpoint: endpointUrl, fileServer: '', webRoot: '' }, '')
  const child = new PluginProcess({ executable, folder, toSocket, fromSocket, environment, onLine: nothing })
  const link = new PluginLink(plugin, toSocket)
  try {
    await child.ready(READY_MS)
    const answer = await link.forward({
      method: 'POST',
      path: `/plugin-apis/${plugin}/${path}`,
      headers: { 'content-type': 'application/json' },
      body: Readable.from([JSON.stringify(request.body)]),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    return { status: answer.statusCode, body: await json(answer.body) }
  } catch (cause) {
    throw new CliError(`${executable} does not answer: ${cause instanceof Error ? cause.message : cause}`, { cause })
  } finally {
    await link.close()
    child.terminate()
    if (!(await endsWithin(child.ended, STOP_MS))) child.kill()
    await child.ended
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}
