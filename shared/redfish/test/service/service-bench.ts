import { VirtualClock } from '@powerbus/testkit'
import { exchange } from '../../src/service/exchange.ts'
import type { JsonObject } from '../../src/service/json-value.ts'
import { type Personality, standard } from '../../src/service/personality.ts'
import { PlainMachine } from '../../src/service/plain-machine.ts'
import type { Quirks } from '../../src/service/quirks.ts'
import { ServiceState } from '../../src/service/service-state.ts'

export interface BenchOptions {
  readonly personality?: Personality
  readonly quirks?: Partial<Quirks>
  readonly isOn?: boolean
  /** Time that each change of the power takes; default 0. */
  readonly changeMs?: number
  /** Called with errors after an answer. */
  readonly onError?: (error: unknown) => void
}

export interface BenchAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty where there is none. */
  readonly body: JsonObject
  /** Keys of the messages of an error, or of a body's annotations. */
  readonly messages: readonly string[]
}

export interface RequestOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the administrator; null: no credentials. */
  readonly as?: { readonly username: string; readonly password: string } | null
  readonly isSecure?: boolean
  /** Called with errors that are answered with 500; default: the request throws them. */
  readonly onError?: (error: unknown) => void
}

export const administrator = { username: 'admin', password: 'only-the-bmc-knows' }
export const operator = { username: 'operator', password: 'operates' }
export const reader = { username: 'reader', password: 'reads' }

/** A service without sockets on a virtual clock, with an account of each role. */
export function serviceBench({ personality = standard, quirks, isOn = false, changeMs, onError }: BenchOptions = {}) {
  const clock = new VirtualClock()
  const machine = new PlainMachine({ isOn, clock, ...(changeMs !== undefined && { changeMs }) })
  const state = new ServiceState({
    hosts: [{ machine, uuid: '9a1e7d5c-8a0e-4d3c-9c5e-0f4f6f1b2a33' }],
    accounts: [administrator, { ...operator, role: 'Operator' }, { ...reader, role: 'ReadOnly' }],
    personality,
    clock,
    ...(quirks && { quirks }),
    ...(onError && { onError }),
  })
  const request = async (method: string, url: string, options: RequestOptions = {}): Promise<BenchAnswer> => {
    const { body, as = administrator, isSecure = true } = options
    const basic = as && Buffer.from(`${as.username}:${as.password}`).toString('base64')
    const answer = await exchange(
      state,
      {
        method,
        url,
        headers: { ...(basic !== null && { authorization: `Basic ${basic}` }), ...options.headers },
        body: body === undefined ? new Uint8Array(0) : contentOf(body),
        from: '192.0.2.1',
        isSecure,
      },
      options.onError ??
        ((error) => {
          throw error
        }),
    )
    const isJson = answer.headers['Content-Type']?.startsWith('application/json') && answer.body !== undefined
    const parsed: JsonObject = isJson ? JSON.parse(answer.body ?? '') : {}
    return { status: answer.status, headers: answer.headers, body: parsed, messages: messagesOf(parsed) }
  }
  return { state, machine, clock, request }
}

function contentOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Keys of all messages in a body, such as PropertyUnknown. */
function messagesOf(body: JsonObject): string[] {
  const found: string[] = []
  JSON.stringify(body, (name, value: unknown) => {
    if (name === 'MessageId' && typeof value === 'string') found.push(value.split('.').at(-1) ?? '')
    return value
  })
  return found
}
