import type { ServerResponse } from 'node:http'
import type { MetalEffect, PlacedFault } from './metal-faults.ts'

export interface MetalAnswer {
  readonly status: number
  readonly body: string
}

/** The API's words of a create without servers. */
const NO_SERVERS = 'There are not enough baremetal_0 servers available in facility ewr1'
/** Bytes of one piece of a slow body. */
const PIECE = 8

/** Does the work of a call and answers it, changed by `fault`. */
export async function answerWith(
  response: ServerResponse,
  fault: PlacedFault | undefined,
  work: () => Promise<MetalAnswer>,
): Promise<void> {
  const effect = fault?.effect
  const isBefore = ['cutBefore', 'answer', 'rateLimit', 'noServers'].includes(effect?.kind ?? '')
  const isHeld = effect?.kind === 'hang' && !effect.after
  if (isBefore || isHeld) fault?.strike()
  if (effect?.kind === 'cutBefore') return void response.destroy()
  if (isHeld) await fault?.released
  if (effect?.kind === 'answer')
    return send(response, effect.status, effect.body ?? refused(`status ${effect.status} by an injected fault`))
  if (effect?.kind === 'rateLimit')
    return send(response, effect.status ?? 429, refused('rate limit exceeded'), resetHeader(effect))
  if (effect?.kind === 'noServers') return send(response, 503, refused(NO_SERVERS))
  const answer = await work()
  if (!isBefore && !isHeld) fault?.strike()
  if (effect?.kind === 'lostAnswer') return void response.destroy()
  if (effect?.kind === 'hang' && effect.after) await fault?.released
  const body = changed(answer.body, effect)
  if (effect?.kind === 'slowBody') return sendSlowly(response, answer.status, body, effect.everyMs)
  if (effect?.kind === 'cutBody') return sendCut(response, answer.status, body)
  send(response, answer.status, body)
}

function refused(reason: string): string {
  return JSON.stringify({ errors: [reason] })
}

/** Both headers count in whole seconds. */
function resetHeader({ resetMs, header = 'x-ratelimit-reset' }: Extract<MetalEffect, { kind: 'rateLimit' }>) {
  const ms = header === 'retry-after' ? resetMs : Date.now() + resetMs
  return { [header]: String(Math.ceil(ms / 1000)) }
}

function changed(text: string, effect: MetalEffect | undefined): string {
  if (text === '') return ''
  if (effect?.kind === 'invalidJson') return `<html>${text.slice(0, text.length / 2)}`
  if (effect?.kind === 'emptyListing') return JSON.stringify(emptied(JSON.parse(text)))
  return effect?.kind === 'noNextPage' ? JSON.stringify(withoutNext(JSON.parse(text))) : text
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return
  response.writeHead(status, {
    ...headers,
    ...(body !== '' && { 'content-type': 'application/json' }),
    ...(status !== 204 && { 'content-length': String(Buffer.byteLength(body)) }),
  })
  response.end(body)
}

/** Resolves when the body is sent or the caller has disconnected. */
async function sendSlowly(response: ServerResponse, status: number, body: string, everyMs: number): Promise<void> {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(bytes.length) })
  for (let sent = 0; sent < bytes.length && !response.destroyed; sent += PIECE) {
    response.write(bytes.subarray(sent, sent + PIECE))
    await new Promise((resolve) => setTimeout(resolve, everyMs).unref())
  }
  response.end()
}

function sendCut(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) })
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

function emptied(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const lists = Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? [] : value])
  return { ...Object.fromEntries(lists), meta: { total: 0, current_page: 1, last_page: 1 } }
}

function withoutNext(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { next: _, ...meta } = Object(body.meta)
  return { ...body, meta }
}
