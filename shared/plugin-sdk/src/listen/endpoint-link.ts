import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { decodeDrpError, drpErrorText, type LogLine } from '@powerbus/drp'
import { parseJson } from '@powerbus/store'
import { PowerbusError } from '../errors.ts'
import { LOG_LINES_HEADER } from '../log-lines.ts'

const BASE = '/api-server-plugin/v4/'
/** Largest answer that is read, in bytes. */
const BODY_LIMIT = 64 * 1024 * 1024
const SOCKETS = 4

/** HTTP to the endpoint on the UNIX socket FROM (plugin contract §4), over a few connections that stay open. */
export class EndpointLink {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  readonly #socketPath: string
  readonly #timeoutMs: number
  #reached = false
  #logLinesMax = 1

  constructor(socketPath: string, timeoutMs = 10_000) {
    this.#socketPath = socketPath
    this.#timeoutMs = timeoutMs
  }

  /** Whether the endpoint has ever answered. */
  get reached(): boolean {
    return this.#reached
  }

  /** @throws PowerbusError BUS_CLOSED */
  async post(path: string, body: unknown): Promise<void> {
    await this.#send('POST', path, JSON.stringify(body))
  }

  /** The most lines that `log` may be given; 1 until the endpoint has said that it takes more. */
  get logLinesMax(): number {
    return this.#logLinesMax
  }

  /** @throws PowerbusError BUS_CLOSED */
  async log(lines: readonly LogLine[]): Promise<void> {
    const [first] = lines
    const { headers } = await this.#send('POST', 'log', JSON.stringify(lines.length === 1 ? first : lines))
    const most = Number(headers[LOG_LINES_HEADER])
    this.#logLinesMax = Number.isSafeInteger(most) && most > 0 ? most : 1
  }

  /** @throws PowerbusError BUS_CLOSED */
  async get(path: string): Promise<unknown> {
    const { text } = await this.#send('GET', path, '')
    try {
      return parseJson(text)
    } catch (cause) {
      throw new PowerbusError('BUS_CLOSED', `The endpoint's answer to ${path} is not JSON`, { cause })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(method: 'GET' | 'POST', path: string, body: string): Promise<Answer> {
    const answer = await this.#exchange(method, path, body).catch((cause: Error) => {
      throw new PowerbusError('BUS_CLOSED', `The endpoint does not answer ${path}: ${cause.message}`, { cause })
    })
    this.#reached = true
    if (answer.status >= 400) throw new PowerbusError('BUS_CLOSED', refusal(path, answer))
    return answer
  }

  /** An idle connection that the endpoint closed while a request was on its way is not an error: it is sent again. */
  async #exchange(method: 'GET' | 'POST', path: string, body: string, again = true): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        socketPath: this.#socketPath,
        method,
        path: `${BASE}${path}`,
        headers: {
          host: 'unix',
          accept: 'application/json',
          ...(method === 'POST' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      })
      // A signal with a time limit would make an error of it also after the answer.
      const late = setTimeout(() => {
        sent.destroy(new Error(`no answer within ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
      sent.on('close', () => clearTimeout(late))
      sent.on('response', (response) => readAnswer(response).then(resolve, reject))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (again && sent.reusedSocket && error.code === 'ECONNRESET') {
          this.#exchange(method, path, body, false).then(resolve, reject)
        } else reject(error)
      })
      sent.end(body)
    })
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    length += chunk.length
    if (length > BODY_LIMIT) throw new Error(`the answer is longer than ${BODY_LIMIT} bytes`)
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }
}

function refusal(path: string, answer: Answer): string {
  try {
    return `The endpoint refused ${path}: ${drpErrorText(decodeDrpError(parseJson(answer.text)))}`
  } catch {
    return `The endpoint refused ${path} with status ${answer.status}`
  }
}
