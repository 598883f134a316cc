import { DecodeError, type DrpError } from '@powerbus/drp'
import { type ErrorCode, errorTable, PowerbusError } from '@powerbus/plugin-sdk'
import { PluginAnsweredError } from '@powerbus/plugin-sdk/launch'
import { LoginLimited } from '../auth/authority.ts'

/** What is answered for an error: the status, and DRP's Error object, whose `Type` is the code in the error table. */
export interface ErrorReply {
  readonly status: number
  readonly body: DrpError
  readonly retryAfterS?: number
  /** Whether the operator must look into it: the client was told no details. */
  readonly isOurs: boolean
}

/** `path` is the request's, without the query. A plugin's own errors go through unchanged. */
export function errorReply(error: unknown, path: string, requestId: string): ErrorReply {
  if (error instanceof PluginAnsweredError) return { status: error.status, body: error.body, isOurs: false }
  const [, Model = '', Key = ''] = /^\/api\/v3\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? []
  const reply = (code: string, status: number, message: string): ErrorReply => ({
    status,
    body: { Model, Key: decodeSafely(Key), Type: code, Messages: [message], Code: status },
    isOurs: code === 'INTERNAL',
  })
  if (error instanceof PowerbusError) return reply(error.code, error.status, error.message)
  if (error instanceof DecodeError) return reply('REQUEST_INVALID', 400, error.message)
  if (error instanceof LoginLimited) {
    return { ...reply('UNAUTHENTICATED', 429, error.message), retryAfterS: error.retryAfterS }
  }
  const status = statusOf(error)
  if (status >= 400 && status < 500) {
    const code: ErrorCode = status === 413 ? 'REQUEST_TOO_LARGE' : 'REQUEST_INVALID'
    return reply(code, status, error instanceof Error ? error.message : 'the request is not valid')
  }
  return reply('INTERNAL', errorTable.INTERNAL.status, `something went wrong: see the endpoint's log for ${requestId}`)
}

/** The web framework's own errors (a body too large, JSON that does not parse) carry their status. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500
  return typeof error.statusCode === 'number' ? error.statusCode : 500
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken %-sequence is shown as it came.
    return text
  }
}
