import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** How long a client may take no byte of an answer that waits for it. */
const STALL_MS = 60_000

/**
 * Sends chunks as they are wanted, or one alone with its length. What goes wrong before the second chunk is an answer of
 * its own; later it breaks the connection off, as a client does that takes nothing for a minute.
 */
export async function sendChunks(reply: FastifyReply, chunks: AsyncGenerator<Buffer>): Promise<FastifyReply> {
  const first = await chunks.next()
  const second = await chunks.next()
  if (second.done) return await reply.send(first.value ?? '')
  const body = Readable.from(watched(reply, [first.value, second.value], chunks), {
    objectMode: false,
    highWaterMark: 1,
  })
  return await reply.send(body)
}

async function* watched(reply: FastifyReply, begun: readonly Buffer[], rest: AsyncGenerator<Buffer>) {
  let stalled: NodeJS.Timeout | undefined
  const given = (chunk: Buffer) => {
    stalled = setTimeout(() => reply.raw.destroy(), STALL_MS)
    return chunk
  }
  try {
    for (const chunk of begun) {
      yield given(chunk)
      clearTimeout(stalled)
    }
    for await (const chunk of rest) {
      yield given(chunk)
      clearTimeout(stalled)
    }
  } finally {
    clearTimeout(stalled)
  }
}
