import type { Call } from '@powerbus/plugin-sdk/unshared'
import type { HttpsAnswer, HttpsClient } from '../https-client.ts'
import { remaining } from '../remaining.ts'
import { RemoteError, type RemoteErrorKind } from '../remote-error.ts'
import { readXml, textNamed, type XmlElement, XmlError } from '../xml-document.ts'
import { refusalOf } from './hmc-message.ts'
import { sessionHeaders } from './hmc-session.ts'
import type { SessionShare } from './hmc-sessions.ts'

const XML_BYTES_MAX = 10 * 1024 * 1024
const ATOM = 'application/atom+xml; charset=UTF-8'

/** By HTTP status, where the text says nothing more. */
const refusals: Readonly<Record<number, RemoteErrorKind>> = { 403: 'privilege', 404: 'missing', 503: 'busy' }

export interface HmcRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Below /rest/api/uom/. */
  readonly path: string
  readonly accept?: string
  readonly contentType?: string
  readonly body?: string
}

/** Requests of one action to an HMC, in a session that other actions share. */
export class HmcClient {
  readonly #https: HttpsClient
  readonly #session: SessionShare

  constructor(https: HttpsClient, session: SessionShare) {
    this.#https = https
    this.#session = session
  }

  close(): void {
    this.#session.release()
    this.#https.close()
  }

  /** An Atom document. Throws RemoteError. */
  async document(request: HmcRequest, call: Call): Promise<XmlElement> {
    const { body } = await this.#send({ accept: ATOM, ...request }, call)
    try {
      return readXml(body.toString(), { bytesMax: XML_BYTES_MAX })
    } catch (cause) {
      if (!(cause instanceof XmlError)) throw cause
      throw new RemoteError('lost', `${this.#what(request)}: ${cause.message}`, { sent: true, cause })
    }
  }

  /** Quick properties; undefined where the HMC has none of them, or answers with something else. */
  async quick(path: string, call: Call): Promise<unknown> {
    try {
      const { body } = await this.#send({ method: 'GET', path, accept: '*/*' }, call)
      return JSON.parse(body.toString())
    } catch (error) {
      const isNone = error instanceof RemoteError && (error.kind === 'missing' || error.kind === 'refused')
      if (isNone || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  /** Sends what has no answer of interest. */
  async send(request: HmcRequest, call: Call): Promise<void> {
    await this.#send(request, call)
  }

  /** Logs on once more where the session has ended: the HMC executes nothing then. */
  async #send(request: HmcRequest, call: Call): Promise<HttpsAnswer> {
    const left = remaining(call)
    const token = await this.#session.token(this.#https, left())
    const first = await this.#exchange(request, token, left())
    if (first.status !== 401) return this.#checked(request, first)
    const renewed = await this.#session.token(this.#https, left(), token)
    const second = await this.#exchange(request, renewed, left())
    if (second.status !== 401) return this.#checked(request, second)
    throw new RemoteError('credentials', `${this.#what(request)}: the HMC refuses a session that it has just given`, {
      sent: false,
    })
  }

  #exchange(
    { method, path, accept, contentType, body }: HmcRequest,
    token: Parameters<typeof sessionHeaders>[0],
    call: Call,
  ): Promise<HttpsAnswer> {
    return this.#https.send(
      {
        method,
        path: `/rest/api/uom/${path}`,
        headers: {
          ...sessionHeaders(token),
          ...(accept !== undefined && { Accept: accept }),
          ...(contentType !== undefined && { 'Content-Type': contentType }),
        },
        ...(body !== undefined && { body }),
        bytesMax: XML_BYTES_MAX,
        fresh: method === 'PUT',
      },
      call,
    )
  }

  #checked(request: HmcRequest, answer: HttpsAnswer): HttpsAnswer {
    const { status, body } = answer
    if (status >= 200 && status < 300) return answer
    const what = `${this.#what(request)} was answered with HTTP ${status}`
    const text = reasonIn(body)
    const refusal = refusalOf(what, text, refusals[status] ?? 'refused')
    // A job that an HMC refused as busy may have been begun.
    if (refusal.kind === 'busy' && request.method !== 'GET') throw new RemoteError('lost', refusal.message)
    throw refusal
  }

  #what({ method, path }: HmcRequest): string {
    return `${this.#https.name}: ${method} ${path}`
  }
}

/** The message of an HttpErrorResponse, which also echoes the request; of HTML and the like nothing. */
function reasonIn(body: Buffer): string {
  try {
    const document = readXml(body.toString(), { bytesMax: XML_BYTES_MAX })
    const reason = textNamed(document, 'ReasonCode') ?? ''
    return `${textNamed(document, 'Message') ?? ''}${reason && ` (${reason})`}`
  } catch (error) {
    if (error instanceof XmlError) return ''
    throw error
  }
}
