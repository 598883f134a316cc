import { chmod, rm } from 'node:fs/promises'
import {
  DecodeError,
  type DrpError,
  type DrpEvent,
  decodeDrpError,
  decodeDrpEvent,
  decodeLogLine,
  type LogLine,
} from '@powerbus/drp'
import { JsonError, jsonText, parseJson } from '@powerbus/store'
import { fastify } from 'fastify'
import { LOG_LINES_HEADER, LOG_LINES_MAX } from '../log-lines.ts'

const BODY_BYTES_MAX = 4 * 1024 * 1024
const REQUEST_TIMEOUT_MS = 30_000

/** What a plugin may ask of its endpoint (plugin contract §4). */
export interface PluginCallbacks {
  log(line: LogLine): void
  /** `onBehalfOf`: the header in which the plugin names the user it acts for. */
  publish(event: DrpEvent, onBehalfOf: string | readonly string[] | undefined): void
  leaving(error: DrpError): void
  /** The stored objects of a kind. */
  objects(prefix: string): Promise<readonly unknown[]>
}

export interface CallbackServer {
  close(): Promise<void>
}

/** Listens on a plugin's FROM socket, with mode 0600. */
export async function listenForPlugin(
  plugin: string,
  socketPath: string,
  callbacks: PluginCallbacks,
): Promise<CallbackServer> {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, body: string) => {
    return parseJson(body)
  })
  server.setReplySerializer((payload) => jsonText(payload) ?? 'null')
  server.setErrorHandler((error: Error & { statusCode?: number; status?: number }, _request, reply) => {
    const isUnreadable = error instanceof DecodeError || error instanceof JsonError
    const status = isUnreadable ? 400 : (error.statusCode ?? error.status ?? 500)
    const text = error instanceof JsonError ? `the body ${error.message}` : error.message
    return reply.code(status).send(errorObject(plugin, status, text))
  })
  server.setNotFoundHandler((request, reply) => {
    return reply.code(404).send(errorObject(plugin, 404, `${request.method} ${request.url} does not exist`))
  })
  const base = '/api-server-plugin/v4'
  server.post(`${base}/log`, async (request, reply) => {
    for (const line of logLines(request.body)) callbacks.log(line)
    return await reply.header(LOG_LINES_HEADER, LOG_LINES_MAX).code(204).send()
  })
  server.post(`${base}/publish`, async (request, reply) => {
    callbacks.publish(decodeDrpEvent(request.body), request.headers['x-powerbus-on-behalf-of'])
    return await reply.code(204).send()
  })
  server.post(`${base}/leaving`, async (request, reply) => {
    callbacks.leaving(decodeDrpError(request.body))
    return await reply.code(204).send()
  })
  server.get<{ Params: { '*': string } }>(`${base}/objects/*`, (request) => callbacks.objects(request.params['*']))
  await rm(socketPath, { force: true })
  await server.listen({ path: socketPath })
  await chmod(socketPath, 0o600)
  return {
    async close() {
      await server.close()
      await rm(socketPath, { force: true })
    },
  }
}

/** One line, or an array of them. @throws DecodeError */
function logLines(body: unknown): readonly LogLine[] {
  if (!Array.isArray(body)) return [decodeLogLine(body)]
  if (body.length > LOG_LINES_MAX) throw new DecodeError('Lines', `at most ${LOG_LINES_MAX} lines`, body)
  return body.map((line) => decodeLogLine(line))
}

function errorObject(plugin: string, code: number, message: string): DrpError {
  return { Model: 'plugin', Key: plugin, Type: 'callback', Messages: [message], Code: code }
}
