import { DecodeError, type DrpError } from '@powerbus/drp'
import { type ErrorCode, errorTable, PowerbusError } from '@powerbus/plugin-sdk'
import { PluginAnsweredError } from '@powerbus/plugin-sdk/launch'
import type { Logger } from 'pino'
import { LimitReached } from '../limit-reached.ts'
import { DrpRefusal } from './drp-refusal.ts'

/** DRP's challenge of a 401. Browsers know no such scheme, so they neither ask for a password nor keep one. */
export const CHALLENGE = 'dr-provision'

/** What Digital Rebar calls it, where its clients look for that; `Reason` has our code then. */
const DRP_TYPES: Partial<Record<ErrorCode, string>> = { OBJECT_INVALID: 'ValidationError' }

/** The answer for an error: the HTTP status and DRP's Error object, whose `Reason` or else `Type` is the code of the error table. */
export interface ErrorReply {
  readonly status: number
  readonly body: DrpError
  readonly retryAfterS?: number
  /** True for an error of the endpoint itself. The client gets no details of it, so the operator must look into it. */
  readonly isOurs: boolean
}

/** `path` is the path of the request without its query. Errors that a plugin answered pass unchanged. */
export function errorReply(error: unknown, path: string, requestId: string): ErrorReply {
  if (error instanceof PluginAnsweredError || error instanceof DrpRefusal) {
    return { status: error.status, body: error.body, isOurs: false }
  }
  const [, Model = '', Key = ''] = /^\/api\/v3\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? []
  const reply = (code: string, status: number, message: string): ErrorReply => ({
    status,
    body: { Model, Key: decodeSafely(Key), Type: code, Messages: [message], Code: status },
    isOurs: code === 'INTERNAL',
  })
  if (error instanceof PowerbusError) {
    const { status, body, isOurs } = reply(error.code, error.status, error.message)
    const drpType = DRP_TYPES[error.code]
    return { status, body: drpType === undefined ? body : { ...body, Type: drpType, Reason: error.code }, isOurs }
  }
  if (error instanceof DecodeError) return reply('REQUEST_INVALID', 400, error.message)
  if (error instanceof LimitReached) {
    return { ...reply(error.code, error.status, error.message), retryAfterS: error.retryAfterS }
  }
  // The web framework's own errors, such as a body that is too large, carry a statusCode.
  const status: unknown = Object(error).statusCode
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const code: ErrorCode = status === 413 ? 'REQUEST_TOO_LARGE' : 'REQUEST_INVALID'
    return reply(code, status, PATH_ERRORS[Object(error).code] ?? messageOf(error))
  }
  return reply('INTERNAL', errorTable.INTERNAL.status, `something went wrong: see the endpoint's log for ${requestId}`)
}

/** The web framework's own texts repeat the URL, whose query may hold a token. */
const PATH_ERRORS: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the path is not valid: its %-sequences must be UTF-8',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is too long',
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the request is not valid'
}

/** The answer as `errorReply` makes it; an error of the endpoint itself is in the log under `requestId`. */
export function loggedReply(error: unknown, path: string, requestId: string, log: Logger): ErrorReply {
  const reply = errorReply(error, path, requestId)
  if (reply.isOurs) log.error({ err: error, requestId }, 'a request failed')
  return reply
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken %-sequence stays as it is.
    return text
  }
}
