import { isJsonObject } from '@powerbus/drp'
import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'

/** Most of an API's own words that a message repeats, in characters. */
const WORDS_MAX = 400

/** An answer that refuses: status of 300 or more. */
export interface Refusal {
  readonly status: number
  /** What the API says, from `errors` or `error`; undefined where the answer is not one of the API's own. */
  readonly words: string | undefined
}

/** The API's own words for a failure: "either `error` or `errors` will be set". */
export function wordsOf(body: unknown): string | undefined {
  if (!isJsonObject(body)) return undefined
  const { error, errors } = body
  const texts = [error, ...(Array.isArray(errors) ? errors : [])].filter((text) => typeof text === 'string')
  if (texts.length === 0) return undefined
  const text = texts.join('; ')
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX)}…` : text
}

/** What a refusal means to the caller. A 404 that is not the API's own says nothing about an object. */
export function refusalError(request: string, { status, words }: Refusal): PowerbusError {
  const said = words ?? `status ${status} with no words of the API`
  return new PowerbusError(codeOf(status, words !== undefined), `${request}: ${said}${adviceFor(status)}`)
}

function codeOf(status: number, isOwn: boolean): ErrorCode {
  if (status === 401 || status === 403) return 'AUTH_FAILED'
  if (status === 404) return isOwn ? 'OBJECT_UNKNOWN' : 'TARGET_UNREACHABLE'
  if (status === 408 || status === 504) return 'TARGET_TIMEOUT'
  if (status === 429) return 'TARGET_BUSY'
  return status < 400 || status >= 500 ? 'TARGET_UNREACHABLE' : 'TARGET_STATE'
}

function adviceFor(status: number): string {
  if (status === 401) return '; check packet/api-key'
  if (status === 403) return '; packet/api-key may not do this'
  if (status >= 300 && status < 400) return '; packet/api-url must be the address itself: redirects are not followed'
  return ''
}

/** Errors after which the request cannot have reached the server. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const certificate = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/
const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])

/** An exchange that broke before there was a whole answer. */
export interface Broken {
  /** False where the server certainly has not seen the request. */
  readonly sent: boolean
  readonly error: PowerbusError
}

export function brokenExchange(request: string, cause: unknown): Broken {
  const code = codeOfCause(cause)
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : code
  const error = new PowerbusError(
    timeouts.has(code) ? 'TARGET_TIMEOUT' : 'TARGET_UNREACHABLE',
    `${request}: ${reason}`,
    {
      cause,
    },
  )
  return { sent: !neverSent.has(code) && !certificate.test(code), error }
}

/** Where a name has several addresses, each attempt has an error of its own. */
function codeOfCause(cause: unknown): string {
  if (cause instanceof AggregateError) {
    const codes = cause.errors.map(codeOfCause)
    return codes.find((code) => !neverSent.has(code)) ?? codes[0] ?? ''
  }
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
