import type { FastifyReply } from 'fastify'

/** Aborted when the client closes its connection before it has its answer, or with `brokenOff`, on which nothing of it stays. */
export function goneSignal(reply: FastifyReply, brokenOff: AbortSignal): AbortSignal {
  const gone = new AbortController()
  const breakOff = () => gone.abort(brokenOff.reason)
  if (brokenOff.aborted) breakOff()
  brokenOff.addEventListener('abort', breakOff, { once: true })
  reply.raw.once('close', () => {
    brokenOff.removeEventListener('abort', breakOff)
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
