import type { ServerResponse } from 'node:http'
import type { FaultRule } from './fault-rule.ts'
import type { Outgoing } from './incoming.ts'
import type { Json } from './json-value.ts'
import { errorBody, message, type ServiceMessage } from './service-message.ts'

const PIECE = 16
const HUGE_PIECE = Buffer.alloc(64 * 1024, ' ')

/** The answer that a rule gives in place of the service's; undefined: the service answers. */
export function faultyAnswer({ status, headers = {}, message: given }: FaultRule): Outgoing | undefined {
  if (status === undefined) return undefined
  const messages = given === undefined ? [] : [typeof given === 'string' ? message(given) : ownMessage(given)]
  const body = messages.length > 0 ? JSON.stringify(errorBody(messages)) : undefined
  const type = body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }
  return { status, headers: { 'OData-Version': '4.0', 'Cache-Control': 'no-cache', ...type, ...headers }, body }
}

function ownMessage({ id, text = '', args = [] }: Exclude<FaultRule['message'], string | undefined>): ServiceMessage {
  return { MessageId: id, Message: text, MessageArgs: [...args], MessageSeverity: 'Critical', Resolution: 'None.' }
}

/** Writes the body that a rule asks for. False: the rule asks for none. */
export function writeFaultyBody(response: ServerResponse, answer: Outgoing, rule: FaultRule): boolean {
  const { body, slowMs, patch } = rule
  if (body === undefined && slowMs === undefined && patch === undefined) return false
  const patched = patch === undefined || answer.body === undefined ? answer.body : patchedBody(answer.body, patch)
  response.writeHead(answer.status, { ...answer.headers })
  if (body === 'huge') writeForever(response)
  else if (slowMs !== undefined) writeSlowly(response, Buffer.from(body ?? patched ?? ''), slowMs)
  else response.end(body ?? patched)
  return true
}

function patchedBody(body: string, patch: Readonly<Record<string, Json | undefined>>): string {
  return JSON.stringify({ ...JSON.parse(body), ...patch })
}

function writeForever(response: ServerResponse): void {
  const write = () => {
    while (!response.destroyed && response.write(HUGE_PIECE));
  }
  response.on('drain', write)
  write()
}

function writeSlowly(response: ServerResponse, body: Buffer, slowMs: number): void {
  const timer = setInterval(() => {
    const piece = body.subarray(0, PIECE)
    body = body.subarray(PIECE)
    if (body.length > 0) return void response.write(piece)
    clearInterval(timer)
    response.end(piece)
  }, slowMs)
  response.on('close', () => clearInterval(timer))
}
