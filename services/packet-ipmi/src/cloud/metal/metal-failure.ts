import { isJsonObject, wasNeverSent } from '@powerbus/drp'
import { type ErrorCode, PowerbusError } from '@powerbus/plugin-sdk'

/** Most characters of the API's words in a message. */
const WORDS_MAX = 400

/** The API's own words in a refusal, from `error` and `errors`; undefined if the answer is not the API's own. */
export function wordsOf(body: unknown): string | undefined {
  if (!isJsonObject(body)) return undefined
  const { error, errors } = body
  const texts = [error, ...(Array.isArray(errors) ? errors : [])].filter((text) => typeof text === 'string')
  if (texts.length === 0) return undefined
  const text = texts.join('; ')
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX)}…` : text
}

/** A request without a usable answer. */
export interface Failed {
  readonly error: PowerbusError
  /** The server may have done the request. */
  readonly isTaken: boolean
  /** The same request may succeed later. */
  readonly passes: boolean
}

/** Statuses after which a later request may succeed. */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** The API's words for a create that it refuses since it has no servers for it: 503, and no device was made. */
const noServers =
  /\b(?:not enough|insufficient|no capacity|out of capacity|sold out)\b|\bno\b.*\b(?:servers|capacity|hardware)\b.*\bavailable\b/i

/** A status of 300 or more. A 404 without the API's words says nothing about an object. */
export function refused(request: string, status: number, words: string | undefined): Failed {
  if (status === 503 && words !== undefined && noServers.test(words)) {
    const text = `${request}: ${words}; choose another packet/plan or place, or try again later`
    return { error: new PowerbusError('TARGET_STATE', text), isTaken: false, passes: false }
  }
  const said = words ?? `status ${status} without a message of the API`
  const error = new PowerbusError(codeOf(status, words !== undefined), `${request}: ${said}${adviceFor(status)}`)
  return { error, isTaken: status >= 500 || status === 408, passes: passing.has(status) }
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
  if (status === 403) return '; packet/api-key lacks the right for this, or the device is in none of its projects'
  if (status >= 300 && status < 400) return '; redirects are not followed: set packet/api-url to the final address'
  return ''
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])

/** An exchange without a whole answer. */
export function broken(request: string, cause: unknown): Failed {
  const code = codeOfCause(cause)
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : code
  const errorCode = timeouts.has(code) ? 'TARGET_TIMEOUT' : 'TARGET_UNREACHABLE'
  const error = new PowerbusError(errorCode, `${request}: ${reason}`, { cause })
  return { error, isTaken: !wasNeverSent(cause), passes: true }
}

/** The error's code; of a name with several addresses, that of the first. */
function codeOfCause(cause: unknown): string {
  if (cause instanceof AggregateError) return codeOfCause(cause.errors[0])
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
