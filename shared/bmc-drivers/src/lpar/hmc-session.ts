import type { Call, Secret } from '@powerbus/plugin-sdk/unshared'
import { type HttpsAnswer, HttpsClient, type HttpsPlace } from '../https-client.ts'
import { RemoteError } from '../remote-error.ts'
import { readXml, textNamed, XmlError } from '../xml-document.ts'
import { logonRequest } from './job-request.ts'

export interface HmcLogin extends HttpsPlace {
  readonly username: string
  readonly password: Secret
}

/** What every request of a session has. */
export interface HmcToken {
  readonly session: string
  readonly cookie: string | undefined
}

const PATH = '/rest/api/web/Logon'
const REQUEST_TYPE = 'application/vnd.ibm.powervm.web+xml; type=LogonRequest'
const BYTES_MAX = 1024 * 1024

/** Headers of a request in the session. Programs of the HMC's early days relied on the cookie alone. */
export function sessionHeaders({ session, cookie }: HmcToken): Record<string, string> {
  return { 'X-API-Session': session, ...(cookie !== undefined && { Cookie: cookie }) }
}

/** Logs on, with one try. Throws RemoteError, none of which has `sent`: no command can have been executed. */
export async function logOn(https: HttpsClient, { username, password }: HmcLogin, call: Call): Promise<HmcToken> {
  const failed = (kind: RemoteError['kind'], text: string, cause?: unknown) =>
    new RemoteError(kind, `${https.name}: ${text}`, { sent: false, cause })
  const answer = await https
    .send(
      {
        method: 'PUT',
        path: PATH,
        headers: {
          'Content-Type': REQUEST_TYPE,
          Accept: 'application/vnd.ibm.powervm.web+xml; type=LogonResponse',
          'X-Audit-Memento': 'powerbus',
        },
        body: logonRequest(username, password.reveal()),
        bytesMax: BYTES_MAX,
      },
      call,
    )
    .catch((error: unknown) => {
      throw error instanceof RemoteError ? failed(error.kind, error.message, error.cause) : error
    })
  const { status, headers } = answer
  if (status === 401 || status === 403)
    throw failed('credentials', 'the HMC refused the logon: check ipmi/username and ipmi/password; it locks accounts')
  if (status === 404 || status === 503) throw failed('busy', `the HMC is still starting (HTTP ${status} at the logon)`)
  const session = status === 200 ? tokenIn(answer) : undefined
  if (session === undefined)
    throw failed('invalid', `what answers the logon with HTTP ${status} is no HMC: check ipmi/port-lpar`)
  const cookie = cookieIn(answer)
  if (headers['x-mc-type'] === 'PVM') {
    await logOff(https, { session, cookie }, call)
    throw failed('refused', 'this is NovaLink, not an HMC: mode lpar speaks to HMCs alone')
  }
  return { session, cookie }
}

/** What comes of it is of no interest: the HMC ends idle sessions by itself. */
export async function logOff(https: HttpsClient, token: HmcToken, call: Call): Promise<void> {
  const headers = { ...sessionHeaders(token), 'Content-Type': REQUEST_TYPE }
  await https.send({ method: 'DELETE', path: PATH, headers, bytesMax: BYTES_MAX }, call).catch(() => undefined)
}

/** Logs off over a connection of its own. */
export async function logOffAt(place: HttpsPlace, token: HmcToken, call: Call): Promise<void> {
  const https = new HttpsClient(place)
  await logOff(https, token, call)
  https.close()
}

function tokenIn({ body }: HttpsAnswer): string | undefined {
  try {
    const token = textNamed(readXml(body.toString(), { bytesMax: BYTES_MAX }), 'X-API-Session')
    // Goes into a header.
    return token && /^[\x21-\x7e]+$/.test(token) ? token : undefined
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

/** Names and values without attributes. */
function cookieIn({ headers }: HttpsAnswer): string | undefined {
  const cookies = headers['set-cookie'] ?? []
  return cookies.length > 0 ? cookies.map((cookie) => cookie.split(';')[0]).join('; ') : undefined
}
