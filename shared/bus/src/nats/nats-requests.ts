import {
  headers,
  type Msg,
  type NatsConnection,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node'
import type { RequestOptions } from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { parsed } from '../bus-event.ts'
import { type Answer, type Incoming, type RequestQueue, resultOf } from '../requests/request-queue.ts'
import { traceContextOf } from '../requests/trace-context.ts'
import { partsOf, patternOf } from '../subject.ts'
import { ForeignMessages, hasInbox, subjectFilter } from './foreign-messages.ts'
import { ERROR, ERROR_CODE, OVERLOADED, REQUEST_ID, TIMEOUT_MS } from './nats-names.ts'
import type { ServiceDirectory, ServiceEndpoint } from './service-directory.ts'
import type { Together } from './together.ts'

/** Of a request from somebody who does not say how long they wait. */
const DEFAULT_TIMEOUT_MS = 60_000
const HEADER_CHARACTERS_MAX = 512

/** Request and reply in queue groups, seen by the services protocol. */
export class NatsRequests {
  readonly #connection: NatsConnection
  readonly #directory: ServiceDirectory
  readonly #foreign: ForeignMessages
  readonly #together: Together
  readonly #onNotice: (message: string) => void

  constructor(
    connection: NatsConnection,
    directory: ServiceDirectory,
    together: Together,
    onNotice: (message: string) => void,
  ) {
    this.#together = together
    this.#connection = connection
    this.#foreign = new ForeignMessages(onNotice)
    this.#directory = directory
    this.#onNotice = onNotice
  }

  /**
   * Gives what ends it: what the server has sent us by then is in the queue, and nothing more comes. A request is a message whose
   * own subject is served here and whose sender waits for an answer; all else is ignored.
   */
  serve(subject: readonly string[], group: string, queue: RequestQueue): () => Promise<void> {
    const pattern = patternOf(...subject)
    const isServed = subjectFilter(pattern)
    const subscription = this.#connection.subscribe(pattern, {
      queue: group,
      callback: (error, message) => {
        if (error) this.#onNotice(`${pattern} cannot be served: ${error.message}`)
        else if (!isServed(message.subject) || !hasInbox(message)) this.#foreign.ignore(pattern, message)
        else void this.#answer(queue, message)
      },
    })
    const endpoint: ServiceEndpoint = { name: endpointName(subject), subject: pattern, group, queue }
    this.#directory.add(endpoint)
    return async () => {
      this.#directory.remove(endpoint)
      if (!this.#connection.isClosed()) await subscription.drain()
    }
  }

  async #answer(queue: RequestQueue, message: Msg): Promise<void> {
    const failed = (cause: unknown) => this.#onNotice(`no answer was sent: ${messageOf(cause)}`)
    const answer = await answerTo(queue, message).catch(failed)
    if (!answer) return
    this.#together.add(() => {
      try {
        respond(message, answer)
      } catch (cause) {
        failed(cause)
      }
    })
  }

  /** Sends a request and gives the answer. */
  async send(
    name: string,
    text: string,
    timeoutMs: number,
    { requestId, trace }: Pick<RequestOptions, 'requestId' | 'trace'>,
  ): Promise<unknown> {
    const head = headers()
    head.set(TIMEOUT_MS, String(timeoutMs))
    if (requestId !== undefined) head.set(REQUEST_ID, headerText(requestId))
    for (const [header, value] of Object.entries(trace ?? {})) head.set(header, headerText(value))
    try {
      // The caller's own limit comes first; this one only frees what the client keeps.
      const reply = await this.#connection.request(name, text, { timeout: timeoutMs + 1000, headers: head })
      return resultOf(answerOf(reply))
    } catch (error) {
      if (error instanceof BusError) throw error
      if (error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())) {
        throw new BusError('NO_RESPONDERS', `nobody serves ${name}`, { cause: error })
      }
      if (error instanceof TimeoutError) throw new BusError('TIMEOUT', `no answer to ${name}`, { cause: error })
      throw new BusError('UNAVAILABLE', `the request to ${name} failed: ${messageOf(error)}`, { cause: error })
    }
  }
}

function respond(message: Msg, answer: Answer): void {
  if (answer.status === 200) {
    message.respond(answer.text)
    return
  }
  const head = headers()
  head.set(ERROR_CODE, String(answer.status))
  head.set(ERROR, headerText(answer.message))
  if (answer.overloaded) head.set(OVERLOADED, '1')
  message.respond(answer.text ?? '', { headers: head })
}

async function answerTo(queue: RequestQueue, message: Msg): Promise<Answer | undefined> {
  let incoming: Incoming
  try {
    const timeoutMs = Number(message.headers?.get(TIMEOUT_MS))
    incoming = {
      subject: partsOf(message.subject),
      body: message.data.length === 0 ? null : parsed(message.string()),
      requestId: message.headers?.get(REQUEST_ID) || undefined,
      trace: traceContextOf((name) => message.headers?.get(name)),
      timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
    }
  } catch {
    return { text: undefined, status: 400, message: 'the request is not JSON on an escaped subject' }
  }
  return await queue.answer(incoming)
}

function answerOf(reply: Msg): Answer {
  const code = reply.headers?.get(ERROR_CODE) ?? ''
  const text = reply.data.length === 0 ? undefined : reply.string()
  if (code === '') return { text: text ?? 'null', status: 200, message: '' }
  // An error without a status of one is still an error.
  const status = /^[45]\d\d$/.test(code) ? Number(code) : 0
  const answer = { text, status, message: reply.headers?.get(ERROR) ?? '' }
  return reply.headers?.get(OVERLOADED) === '1' ? { ...answer, overloaded: true } : answer
}

/** One line of printable ASCII. */
export function headerText(text: string): string {
  return text.slice(0, HEADER_CHARACTERS_MAX).replace(/[^\x20-\x7e]+/g, ' ')
}

function endpointName(subject: readonly string[]): string {
  return subject.map((part) => (part === '*' ? 'any' : part.replace(/[^A-Za-z0-9_-]/g, '_'))).join('-')
}
