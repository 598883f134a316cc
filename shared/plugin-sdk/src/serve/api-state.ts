import { DrpApiError, type DrpApiErrorKind, type DrpClient } from '@powerbus/drp'

const ASK_MS = 2_000

/** `missing`: no token was given, or what was given cannot be used; others say how the endpoint's API fails. */
export type ApiState = 'ok' | 'missing' | DrpApiErrorKind

/** Whether the endpoint's API lets us in. Takes 2 s at most. */
export async function apiState(api: () => Pick<DrpClient, 'info'>): Promise<ApiState> {
  let client: Pick<DrpClient, 'info'>
  try {
    client = api()
  } catch {
    // Why stands in the log since the start.
    return 'missing'
  }
  try {
    await client.info({ timeoutMs: ASK_MS })
    return 'ok'
  } catch (error) {
    if (error instanceof DrpApiError) return error.kind
    throw error
  }
}
