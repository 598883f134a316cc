import { PowerbusError } from '@powerbus/plugin-sdk'
import { JsonError, type JsonLimits, parseJson } from '@powerbus/store'
import type { FastifyInstance } from 'fastify'

/** JSON and JSON Patch alike; a body of length 0 is no body. */
export function parseJsonBodies(server: FastifyInstance, limits: JsonLimits): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    ['application/json', 'application/json-patch+json'],
    { parseAs: 'string' },
    async (_request: unknown, body: string) => (body === '' ? undefined : readBody(body, limits)),
  )
}

function readBody(text: string, limits: JsonLimits): unknown {
  try {
    // Programs on Windows put a byte order mark first.
    return parseJson(text.startsWith('\ufeff') ? text.slice(1) : text, limits)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new PowerbusError('REQUEST_INVALID', `the body ${cause.message}`, { cause })
  }
}
