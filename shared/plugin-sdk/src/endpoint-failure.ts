import { DrpApiError, type DrpApiErrorKind } from '@powerbus/drp'
import { type ErrorCode, PowerbusError } from './errors.ts'

const codes: Readonly<Record<DrpApiErrorKind, ErrorCode>> = {
  unreachable: 'TARGET_UNREACHABLE',
  untrusted: 'AUTH_FAILED',
  timeout: 'TARGET_TIMEOUT',
  protocol: 'TARGET_UNREACHABLE',
  unauthorized: 'AUTH_FAILED',
  'not-found': 'OBJECT_UNKNOWN',
  conflict: 'OBJECT_CONFLICT',
  refused: 'REQUEST_INVALID',
}

/**
 * What a DrpApiError means to whoever asked the plugin: a PowerbusError whose text names the endpoint's API. 429 is TARGET_BUSY, and 5xx
 * TARGET_UNREACHABLE: the same request may succeed later. Any other error is given back as it is.
 */
export function endpointFailure(error: unknown): unknown {
  if (!(error instanceof DrpApiError)) return error
  return new PowerbusError(codeOf(error), `The endpoint's API: ${error.message}`, { cause: error })
}

function codeOf({ kind, status }: DrpApiError): ErrorCode {
  if (status === 429) return 'TARGET_BUSY'
  return status >= 500 ? 'TARGET_UNREACHABLE' : codes[kind]
}

/** The answer of the endpoint's API. Throws as `endpointFailure` says. */
export async function askEndpoint<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    throw endpointFailure(error)
  }
}

/** As `askEndpoint`; undefined where the endpoint itself says that there is no such object: a proxy's 404 says nothing about one. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof DrpApiError && error.kind === 'not-found' && error.drpError !== undefined) return undefined
    throw endpointFailure(error)
  }
}
