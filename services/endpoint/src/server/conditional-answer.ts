import type { DrpEvent } from '@powerbus/drp'
import { jsonText } from '@powerbus/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { principalOf } from '../auth/caller.ts'
import { type Admission, callerOf } from './admission.ts'
import { entityTagOf, namesTag } from './entity-tag.ts'
import type { LongPolls } from './long-polls.ts'
import { preferredWaitMs } from './preferred-wait.ts'

export interface ConditionalParts {
  readonly admission: Admission
  readonly polls: LongPolls
}

/**
 * Answers GET and HEAD with an entity tag, and 304 where If-None-Match names it: at once, or after the time of
 * `Prefer: wait=DURATION` in which the answer has not changed. `read` gives the answer, and may throw.
 */
export async function conditionalAnswer(
  { admission, polls }: ConditionalParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { read, concerns }: { read(): unknown; concerns(event: DrpEvent): boolean },
): Promise<FastifyReply> {
  const known = request.headers['if-none-match']
  let text = ''
  let tag = ''
  const isOver = () => {
    text = jsonText(read()) ?? 'null'
    tag = entityTagOf(text)
    return !namesTag(known, tag)
  }
  const timeoutMs = preferredWaitMs(request.headers.prefer)
  if (!isOver() && timeoutMs > 0) {
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    await polls.wait({ caller: principalOf(callerOf(request)), timeoutMs, gone: gone.signal, concerns, isOver })
    // The token may have been revoked, or the object removed from its scope, meanwhile.
    admission.confirm(request)
  }
  reply.header('etag', tag)
  if (namesTag(known, tag)) return await reply.code(304).send()
  return await reply.type('application/json').send(text)
}
