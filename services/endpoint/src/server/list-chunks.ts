import { Pace } from '../inventory/pace.ts'

/**
 * Bytes of a chunk, so that an answer of any length takes the memory of a few chunks. The next one is sent when the
 * socket has taken this one, so many small ones would wait for as many turns.
 */
const CHUNK_BYTES = 1024 * 1024

/** Most bytes of UTF-8 that a UTF-16 code unit becomes. */
const BYTES_PER_UNIT = 3

/** Items between looks at the clock: each look is a turn of the microtask queue. */
const ITEMS_PER_LOOK = 32

/**
 * A JSON array in chunks: each text is made when its chunk is wanted, and written there at once, which costs a sixth of
 * joining the texts first. What `textOf` throws ends it.
 */
export async function* listChunks<T>(items: Iterable<T>, textOf: (item: T) => string): AsyncGenerator<Buffer> {
  const pace = new Pace()
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let length = chunk.write('[')
  let count = 0
  for (const item of items) {
    const text = textOf(item)
    // With the comma before it and the bracket at the end.
    const needed = text.length * BYTES_PER_UNIT + 2
    if (length + needed > chunk.length) {
      yield chunk.subarray(0, length)
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, needed))
      length = 0
    }
    if (count > 0) length += chunk.write(',', length)
    length += chunk.write(text, length)
    count += 1
    if (count % ITEMS_PER_LOOK === 0) await pace.step()
  }
  length += chunk.write(']', length)
  yield chunk.subarray(0, length)
}
