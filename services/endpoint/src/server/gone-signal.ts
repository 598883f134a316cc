import { onAbort } from '@powerbus/turns'
import type { FastifyReply } from 'fastify'

/** Aborted when the client closes its connection before it has its answer, or with `brokenOff`, on which nothing of it stays. */
export function goneSignal(reply: FastifyReply, brokenOff: AbortSignal): AbortSignal {
  const gone = new AbortController()
  const off = onAbort(brokenOff, () => gone.abort(brokenOff.reason))
  reply.raw.once('close', () => {
    off()
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
