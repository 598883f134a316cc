import { randomUUID } from 'node:crypto'
import { type DrpEvent, type EventPattern, matchesEvent, parseEventPattern, STREAM_EVENT_TYPE } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { jsonText } from '@powerbus/store'
import type { Logger } from 'pino'
import type { RawData, WebSocket } from 'ws'
import type { Caller } from '../auth/caller.ts'
import { maySee } from './access.ts'
import { loggedReply } from './error-reply.ts'

/** Path of the event stream. */
export const PATH = '/api/v3/ws'

export interface StreamLimits {
  /** Most patterns of one client. */
  readonly patternsMax: number
  /** Most characters of one client's patterns together: each event is compared with all of them. */
  readonly patternCharactersMax: number
  /** Most bytes that may wait for a client; a slower one is closed with 1013. */
  readonly bufferBytesMax: number
  /** Milliseconds between pings. A client that sent nothing since the last ping is cut off. */
  readonly pingMs: number
  /** Milliseconds for a client to answer the close. */
  readonly closeMs: number
}

/** Close codes of RFC 6455 §7.4.1 and IANA's registry. */
export const closeCode = { goingAway: 1001, unacceptable: 1003, policy: 1008, tryAgainLater: 1013 } as const

/** Most characters of a bad frame that the answer quotes. */
const KEY_LENGTH_MAX = 200

export interface StreamParts {
  readonly caller: Caller
  /** Throws where the caller's token is no longer valid. */
  readonly recheck: () => void
  readonly log: Logger
}

/** One client of the event stream (plugin contract §5). */
export class StreamClient {
  readonly #socket: WebSocket
  readonly #limits: StreamLimits
  readonly #parts: StreamParts
  readonly #patterns = new Map<string, EventPattern>()
  readonly #pulse: NodeJS.Timeout
  #isAlive = true
  #isClosing = false

  constructor(socket: WebSocket, limits: StreamLimits, parts: StreamParts) {
    this.#socket = socket
    this.#limits = limits
    this.#parts = parts
    this.#pulse = setInterval(() => this.#checkLife(), limits.pingMs)
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('close', () => clearInterval(this.#pulse))
    socket.on('error', () => this.#socket.terminate())
  }

  wants(event: DrpEvent): boolean {
    if (this.#isClosing || !maySee(this.#parts.caller, event)) return false
    for (const pattern of this.#patterns.values()) if (matchesEvent(pattern, event)) return true
    return false
  }

  /** Sends one event as JSON. Never waits; a client that is too slow is closed. */
  send(json: Buffer): void {
    if (this.#isClosing) return
    const { expiresAt } = this.#parts.caller
    if (expiresAt !== 0 && Date.now() >= expiresAt * 1000) this.checkToken()
    else if (this.#socket.bufferedAmount > this.#limits.bufferBytesMax) {
      this.close(closeCode.tryAgainLater, 'too slow: events would be lost')
    } else this.#socket.send(json, { binary: false })
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#patterns.clear()
    this.#socket.close(code, reason)
    const timer = setTimeout(() => this.#socket.terminate(), this.#limits.closeMs)
    this.#socket.on('close', () => clearTimeout(timer))
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#isAlive = true
    const frame = isBinary ? '' : String(data)
    const [, verb = '', pattern = ''] = /^(\S+)\s+(\S.*)$/s.exec(frame.trimEnd()) ?? []
    try {
      if (verb === 'register') this.#register(pattern)
      else if (verb === 'deregister') this.#patterns.delete(pattern)
      else
        throw new PowerbusError(
          'REQUEST_INVALID',
          'expected: register TYPE.ACTION.KEY, or deregister TYPE.ACTION.KEY, as text',
        )
      this.#answer(verb, pattern, {})
    } catch (error) {
      const { body } = loggedReply(error, PATH, randomUUID(), this.#parts.log)
      const key = (pattern || frame).slice(0, KEY_LENGTH_MAX)
      this.#answer('error', key, { ...body, Key: key })
    }
  }

  #register(pattern: string): void {
    const parsed = parseEventPattern(pattern)
    if (this.#patterns.size >= this.#limits.patternsMax && !this.#patterns.has(pattern)) {
      const text = `at most ${this.#limits.patternsMax} patterns: join several into one with commas`
      throw new PowerbusError('REQUEST_INVALID', text)
    }
    const characters = [...this.#patterns.keys(), pattern].reduce((sum, text) => sum + text.length, 0)
    if (characters > this.#limits.patternCharactersMax && !this.#patterns.has(pattern)) {
      const text = `at most ${this.#limits.patternCharactersMax} characters of patterns: register fewer names, or *`
      throw new PowerbusError('REQUEST_INVALID', text)
    }
    this.#patterns.set(pattern, parsed)
  }

  /** Answers one frame; answers keep the order of the frames. */
  #answer(action: string, key: string, object: object): void {
    const event: DrpEvent = {
      Time: new Date().toISOString(),
      Type: STREAM_EVENT_TYPE,
      Action: action,
      Key: key,
      Principal: 'endpoint',
      Object: object,
      Original: null,
    }
    this.send(Buffer.from(jsonText(event) ?? ''))
  }

  #checkLife(): void {
    this.checkToken()
    if (this.#isClosing) return
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }

  /** Closes the stream where the token has expired or was revoked. */
  checkToken(): void {
    try {
      this.#parts.recheck()
    } catch (error) {
      this.close(closeCode.policy, error instanceof Error ? error.message.slice(0, 100) : 'log in again')
    }
  }
}
