import type { FastifyReply } from 'fastify'
import type { MetalEffect, PlacedFault } from './metal-faults.ts'

/** Answer to a call; 202 and 204 have no body. */
export interface MetalAnswer {
  readonly status: number
  readonly body?: Readonly<Record<string, unknown>>
}

/** An Error of the API, for statuses of 400 or more. */
export function refusal(status: number, ...errors: readonly string[]): MetalAnswer {
  return { status, body: { errors } }
}

/** Bytes of one piece of a slow body. */
const PIECE = 8

/** Does the work of a call and answers it, changed by `fault`. */
export async function answerWith(
  reply: FastifyReply,
  fault: PlacedFault | undefined,
  work: () => Promise<MetalAnswer>,
): Promise<void> {
  const { raw } = reply
  reply.hijack()
  const effect = fault?.effect
  if (effect?.kind === 'cutBefore') return void raw.destroy()
  if (effect?.kind === 'hang' && !effect.after) await fault?.released
  if (effect?.kind === 'answer')
    return send(reply, effect.status, effect.body ?? refused(`status ${effect.status} by an injected fault`))
  if (effect?.kind === 'rateLimit') return send(reply, 429, refused('rate limit exceeded'), resetHeader(effect))
  const answer = await work().catch(brokenAnswer)
  if (effect?.kind === 'lostAnswer') return void raw.destroy()
  if (effect?.kind === 'hang' && effect.after) await fault?.released
  const body = bodyText(answer, effect)
  if (effect?.kind === 'slowBody') return sendSlowly(reply, answer.status, body, effect.everyMs)
  if (effect?.kind === 'cutBody') return sendCut(reply, answer.status, body)
  send(reply, answer.status, body)
}

/**
 * The answer for work that failed, for example because the state cannot be stored: fastify does not answer a hijacked
 * reply.
 */
function brokenAnswer(error: unknown): MetalAnswer {
  return refusal(500, error instanceof Error ? error.message : String(error))
}

function refused(reason: string): string {
  return JSON.stringify(refusal(0, reason).body)
}

/** Both headers count in whole seconds. */
function resetHeader({ resetMs, header = 'x-ratelimit-reset' }: Extract<MetalEffect, { kind: 'rateLimit' }>) {
  const ms = header === 'retry-after' ? resetMs : Date.now() + resetMs
  return { [header]: String(Math.ceil(ms / 1000)) }
}

function bodyText({ body }: MetalAnswer, effect: MetalEffect | undefined): string {
  if (body === undefined) return ''
  const text = JSON.stringify(body)
  if (effect?.kind === 'invalidJson') return `<html>${text.slice(0, text.length / 2)}`
  if (effect?.kind === 'emptyListing') return JSON.stringify(emptied(body))
  return effect?.kind === 'noNextPage' ? JSON.stringify(withoutNext(body)) : text
}

function send(
  { raw }: FastifyReply,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (raw.destroyed) return
  raw.writeHead(status, {
    ...headers,
    ...(body !== '' && { 'content-type': 'application/json' }),
    ...(status !== 204 && { 'content-length': String(Buffer.byteLength(body)) }),
  })
  raw.end(body)
}

/** Resolves when the body is sent or the caller has disconnected. */
async function sendSlowly({ raw }: FastifyReply, status: number, body: string, everyMs: number): Promise<void> {
  const bytes = Buffer.from(body)
  raw.writeHead(status, { 'content-type': 'application/json', 'content-length': String(bytes.length) })
  for (let sent = 0; sent < bytes.length && !raw.destroyed; sent += PIECE) {
    raw.write(bytes.subarray(sent, sent + PIECE))
    await new Promise((resolve) => setTimeout(resolve, everyMs).unref())
  }
  raw.end()
}

function sendCut({ raw }: FastifyReply, status: number, body: string): void {
  raw.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) })
  raw.write(body.slice(0, body.length / 2), () => raw.destroy())
}

function emptied(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const lists = Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? [] : value])
  return { ...Object.fromEntries(lists), meta: { total: 0, current_page: 1, last_page: 1 } }
}

function withoutNext(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { next: _, ...meta } = Object(body.meta)
  return { ...body, meta }
}
